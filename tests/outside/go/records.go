package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

const saltSize = 64

// Making a proof reads tiles anew, so of a long log only about this many records are proven; the
// entries of all are compared, and the root over them as well.
const proven = 2000

// An opening is what turns an entry back into a record.
type opening struct {
	Index  int64  `json:"i"`
	Salt   string `json:"salt"`
	Record string `json:"rec"`
}

// A record of the log itself names leaves that no longer open, each range with its last leaf.
type logRecord struct {
	Type   string     `json:"type"`
	Log    string     `json:"log"`
	Leaves [][2]int64 `json:"leaves"`
	Lost   [][2]int64 `json:"lost"`
}

// Withheld are leaves that the export does not open though their records are still there: visitors
// asked for them to be erased, and the next disposal will name them.
type manifest struct {
	Log      string     `json:"log"`
	Openings string     `json:"openings"`
	Withheld [][2]int64 `json:"withheld"`
}

func checkRecords(folder string, head tlog.Tree, entries [][]byte) error {
	openings, err := readOpenings(filepath.Join(folder, "records.jsonl"))
	if err != nil {
		return err
	}
	proofs := tlog.TileHashReader(head, tileFolder(folder))
	step, count := 1+len(openings)/proven, 0
	for place, opening := range openings {
		if place > 0 && opening.Index <= openings[place-1].Index {
			return fmt.Errorf("the record of leaf %d stands in the wrong place", opening.Index)
		}
		err := checkOpening(opening, head, entries)
		if err == nil && place%step == 0 {
			err = proveLeaf(opening.Index, head, entries, proofs)
			count++
		}
		if err != nil {
			return fmt.Errorf("leaf %d: %v", opening.Index, err)
		}
	}
	fmt.Printf("%d records open their entries, and the proofs of %d lead to the root\n",
		len(openings), count)
	return account(folder, head.N, openings)
}

func readOpenings(path string) ([]opening, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var openings []opening
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var line opening
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, err
		}
		openings = append(openings, line)
	}
	return openings, lines.Err()
}

func checkOpening(o opening, head tlog.Tree, entries [][]byte) error {
	if o.Index < 0 || o.Index >= head.N {
		return fmt.Errorf("the tree has no such leaf")
	}
	salt, err := strict.DecodeString(o.Salt)
	if err != nil {
		return err
	}
	entry, err := commit(salt, []byte(o.Record))
	if err != nil {
		return err
	}
	if !hmac.Equal(entry, entries[o.Index]) {
		return fmt.Errorf("the record does not open its entry")
	}
	return nil
}

// proveLeaf makes the proof of a leaf from tiles that are themselves checked against the root.
func proveLeaf(leaf int64, head tlog.Tree, entries [][]byte, hashes tlog.HashReader) error {
	proof, err := tlog.ProveRecord(head.N, leaf, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, head.N, head.Hash, leaf, tlog.RecordHash(entries[leaf]))
}

func commit(salt, record []byte) ([]byte, error) {
	if len(salt) != saltSize {
		return nil, fmt.Errorf("a salt has %d bytes", len(salt))
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write(record)
	return mac.Sum(nil), nil
}

// account checks that no leaf both opens and is said to be gone, and, where the export claims to
// open all there is, that each leaf is one or the other.
func account(folder string, size int64, openings []opening) error {
	text, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		return err
	}
	var claims manifest
	if err := json.Unmarshal(text, &claims); err != nil {
		return err
	}
	gone, withheld, open := make([]bool, size), make([]bool, size), make([]bool, size)
	if err := mark(withheld, claims.Withheld); err != nil {
		return err
	}
	for _, opening := range openings {
		if err := markGone(gone, opening.Record, claims.Log); err != nil {
			return fmt.Errorf("leaf %d: %v", opening.Index, err)
		}
	}
	for _, opening := range openings {
		open[opening.Index] = true
	}
	closed := 0
	for leaf := range open {
		if open[leaf] && gone[leaf] {
			return fmt.Errorf("leaf %d opens, though a record says that it is gone", leaf)
		}
		if !open[leaf] && !gone[leaf] {
			closed++
			if claims.Openings == "all" && !withheld[leaf] {
				return fmt.Errorf("leaf %d is missing: neither a record nor a disposal", leaf)
			}
		}
	}
	fmt.Printf("%d leaves are accounted for, %d are not opened here\n", size-int64(closed), closed)
	return nil
}

func markGone(gone []bool, text, log string) error {
	var record logRecord
	if err := json.Unmarshal([]byte(text), &record); err != nil {
		return err
	}
	if record.Log != "" && record.Log != log {
		return nil
	}
	switch record.Type {
	case "disposal":
		return mark(gone, record.Leaves)
	case "recovery":
		return mark(gone, record.Lost)
	}
	return nil
}

func mark(leaves []bool, ranges [][2]int64) error {
	for _, r := range ranges {
		if r[0] < 0 || r[1] < r[0] || r[1] >= int64(len(leaves)) {
			return fmt.Errorf("leaves %d to %d are not there", r[0], r[1])
		}
		for leaf := r[0]; leaf <= r[1]; leaf++ {
			leaves[leaf] = true
		}
	}
	return nil
}
