// Checks what the service publishes with Go's own module-database code and nothing of the service.
//
//	checklog log FOLDER VKEY...    an exported log: signatures, tiles, roots, proofs, records
//	checklog proof FILE VKEY...    one proof file, with the record that it opens
//	checklog note FILE VKEY...     one signed note, for example a receipt
//
// Each VKEY is a public key as the log's policy writes it. The first must be a key of the log.
// The program prints what it has checked and ends with 1 at the first fault.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: checklog log|proof|note PATH VKEY...")
		os.Exit(2)
	}
	keys, err := readKeys(os.Args[3:])
	if err == nil {
		err = check(os.Args[1], os.Args[2], keys)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAULT:", err)
		os.Exit(1)
	}
	fmt.Println("all is well")
}

func check(what, path string, keys *keys) error {
	switch what {
	case "log":
		return checkLog(path, keys)
	case "proof":
		return checkProof(path, keys)
	case "note":
		return checkNote(path, keys)
	}
	return fmt.Errorf("%q is none of log, proof and note", what)
}
