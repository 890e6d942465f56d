package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// checkProof checks a file of C2SP's tlog-proof whose extra data opens the entry.
func checkProof(path string, keys *keys) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	top, checkpoint, _ := strings.Cut(string(text), "\n\n")
	head, err := openHead([]byte(checkpoint), keys)
	if err != nil {
		return err
	}
	lines := strings.Split(top, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("the file is no proof with extra data")
	}
	extra, err := strict.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil || len(extra) < 1+saltSize || extra[0] != 1 {
		return fmt.Errorf("the extra data opens nothing (%v)", err)
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := decodeHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	record := extra[1+saltSize:]
	entry, err := commit(extra[1:1+saltSize], record)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, head.N, head.Hash, index, tlog.RecordHash(entry)); err != nil {
		return err
	}
	fmt.Printf("entry %d of %d in %s opens to\n%s\n", index, head.N, keys.origin, record)
	return nil
}
