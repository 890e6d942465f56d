package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

// readTile returns the file of a tile: by its own name, or cut from the full tile that followed it.
// x/mod puts the height into a tile's path and calls bundles of records "data"; C2SP does neither.
func readTile(folder string, tile tlog.Tile, itemSize int) ([]byte, error) {
	prefix := fmt.Sprintf("tile/%d/", height)
	path := "tile/" + strings.TrimPrefix(tile.Path(), prefix)
	path = strings.Replace(path, "tile/data/", "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(folder, path))
	if os.IsNotExist(err) && tile.W < width {
		full, _, _ := strings.Cut(path, ".p/")
		data, err = os.ReadFile(filepath.Join(folder, full))
	}
	if err != nil {
		return nil, err
	}
	if len(data) < tile.W*itemSize {
		return nil, fmt.Errorf("%s holds less than %d places", path, tile.W)
	}
	return data[:tile.W*itemSize], nil
}

// lastTiles returns the tiles of one level of a tree, the last one as wide as it is.
func lastTiles(level int, count int64) []tlog.Tile {
	var tiles []tlog.Tile
	for n := int64(0); n*width < count; n++ {
		w := int64(width)
		if rest := count - n*width; rest < w {
			w = rest
		}
		tiles = append(tiles, tlog.Tile{H: height, L: level, N: n, W: int(w)})
	}
	return tiles
}

// readEntries returns the entries of all bundles: each 32 bytes after their length.
func readEntries(folder string, size int64) ([][]byte, error) {
	var entries [][]byte
	for _, tile := range lastTiles(-1, size) {
		data, err := readTile(folder, tile, 34)
		if err != nil {
			return nil, err
		}
		for ; len(data) > 0; data = data[34:] {
			if data[0] != 0 || data[1] != 32 {
				return nil, fmt.Errorf("a bundle holds an entry that has not 32 bytes")
			}
			entries = append(entries, data[2:34])
		}
	}
	return entries, nil
}

// A storage holds every hash of a tree in x/mod's own order.
type storage []tlog.Hash

func (s storage) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(s)) {
			return nil, fmt.Errorf("there is no hash %d", index)
		}
		hashes[i] = s[index]
	}
	return hashes, nil
}

func hashEntries(entries [][]byte) (storage, error) {
	var all storage
	for n, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(n), entry, all)
		if err != nil {
			return nil, err
		}
		all = append(all, hashes...)
	}
	return all, nil
}

// checkTiles compares every tile of hashes with what x/mod computes from the entries.
func checkTiles(folder string, size int64, hashes storage) (int, error) {
	count := 0
	for level := 0; size>>(height*level) > 0; level++ {
		for _, tile := range lastTiles(level, size>>(height*level)) {
			expected, err := tlog.ReadTileData(tile, hashes)
			if err != nil {
				return 0, err
			}
			found, err := readTile(folder, tile, tlog.HashSize)
			if err != nil {
				return 0, err
			}
			if !bytes.Equal(expected, found) {
				return 0, fmt.Errorf("tile %s differs from the entries below it", tile.Path())
			}
			count++
		}
	}
	return count, nil
}

// A tileFolder gives x/mod the tiles to authenticate and to make proofs from.
type tileFolder string

func (f tileFolder) Height() int { return height }

func (f tileFolder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f tileFolder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := readTile(string(f), tile, tlog.HashSize)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}
