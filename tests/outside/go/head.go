package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// What a key is for stands in the first byte of its material.
const cosignature = 0x04

// The standard alphabet, and no second spelling of the same bytes.
var strict = base64.StdEncoding.Strict()

type keys struct {
	origin    string // the name of the first key: whose log this is
	verifiers note.Verifiers
}

// A cosigner verifies lines of C2SP's tlog-cosignature: eight bytes of time, then the signature.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), text)
	return ed25519.Verify(c.key, []byte(message), sig[8:])
}

func readKeys(vkeys []string) (*keys, error) {
	var list []note.Verifier
	for _, vkey := range vkeys {
		verifier, err := newVerifier(vkey)
		if err != nil {
			return nil, fmt.Errorf("key %s: %v", vkey, err)
		}
		list = append(list, verifier)
	}
	return &keys{origin: list[0].Name(), verifiers: note.VerifierList(list...)}, nil
}

func newVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("it has not three parts")
	}
	material, err := strict.DecodeString(parts[2])
	if err != nil || len(material) == 0 || material[0] != cosignature {
		return note.NewVerifier(vkey)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), material...))
	hash := binary.BigEndian.Uint32(sum[:4])
	if fmt.Sprintf("%08x", hash) != parts[1] || len(material) != 1+ed25519.PublicKeySize {
		return nil, fmt.Errorf("its id does not fit its material")
	}
	return &cosigner{parts[0], hash, material[1:]}, nil
}

// openHead returns the tree of a checkpoint that a key named like its origin has signed.
func openHead(text []byte, keys *keys) (tlog.Tree, error) {
	opened, err := note.Open(text, keys.verifiers)
	if err != nil {
		return tlog.Tree{}, err
	}
	signed := false
	for _, signature := range opened.Sigs {
		signed = signed || signature.Name == keys.origin
	}
	lines := strings.Split(opened.Text, "\n")
	if !signed || len(lines) != 4 || lines[0] != keys.origin {
		return tlog.Tree{}, fmt.Errorf("the checkpoint is not one of %s", keys.origin)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("the size %q of the checkpoint", lines[1])
	}
	root, err := decodeHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func decodeHash(text string) (hash tlog.Hash, err error) {
	content, err := strict.DecodeString(text)
	if err != nil || len(content) != tlog.HashSize {
		return hash, fmt.Errorf("%q is no hash", text)
	}
	copy(hash[:], content)
	return hash, nil
}

func checkNote(path string, keys *keys) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	opened, err := note.Open(text, keys.verifiers)
	if err != nil {
		return err
	}
	fmt.Print(opened.Text)
	return nil
}
