package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"golang.org/x/mod/sumdb/tlog"
)

func checkLog(folder string, keys *keys) error {
	text, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	head, err := openHead(text, keys)
	if err != nil {
		return fmt.Errorf("checkpoint: %v", err)
	}
	fmt.Printf("checkpoint of %s: %d entries, root %v\n", keys.origin, head.N, head.Hash)
	entries, err := readEntries(folder, head.N)
	if err != nil {
		return err
	}
	hashes, err := hashEntries(entries)
	if err != nil {
		return err
	}
	if root, err := tlog.TreeHash(head.N, hashes); err != nil || root != head.Hash {
		return fmt.Errorf("the entries have the root %v (%v)", root, err)
	}
	tiles, err := checkTiles(folder, head.N, hashes)
	if err != nil {
		return err
	}
	fmt.Printf("%d entries and %d tiles have the root that was signed\n", len(entries), tiles)
	heads, err := checkHeads(folder, keys, head, hashes)
	if err != nil {
		return err
	}
	fmt.Printf("%d earlier checkpoints are signed, and each is the beginning of the next\n", heads)
	return checkRecords(folder, head, entries)
}

// checkHeads checks every published checkpoint against the tree, and each against the one before.
func checkHeads(folder string, keys *keys, last tlog.Tree, hashes storage) (int, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "checkpoints", "*"))
	if err != nil {
		return 0, err
	}
	sort.Strings(paths)
	var previous *tlog.Tree
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return 0, err
		}
		head, err := openHead(text, keys)
		if err == nil && head.N > last.N {
			err = fmt.Errorf("it is of a larger tree than the newest")
		}
		if err == nil {
			err = checkHead(previous, head, hashes)
		}
		if err != nil {
			return 0, fmt.Errorf("%s: %v", path, err)
		}
		previous = &head
	}
	if previous != nil {
		err = checkHead(previous, last, hashes)
	}
	return len(paths), err
}

func checkHead(previous *tlog.Tree, head tlog.Tree, hashes storage) error {
	if head.N == 0 {
		return nil
	}
	root, err := tlog.TreeHash(head.N, hashes)
	if err != nil || root != head.Hash {
		return fmt.Errorf("the tree had the root %v then (%v)", root, err)
	}
	if previous == nil || previous.N == 0 {
		return nil
	}
	proof, err := tlog.ProveTree(head.N, previous.N, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, head.N, head.Hash, previous.N, previous.Hash)
}
