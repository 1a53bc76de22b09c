// SPDX-License-Identifier: Apache-2.0

// Verifies a tlog-tiles directory with the Go checksum database's own code, so that somebody else's
// idea of the format can contradict ours. Usage: verify LOG_DIR VKEY
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: verify LOG_DIR VKEY")
		os.Exit(2)
	}
	size, err := verify(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "not valid:", err)
		os.Exit(1)
	}
	fmt.Printf("valid: %d entries\n", size)
}

func verify(dir, vkey string) (int64, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return 0, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return 0, err
	}
	tree, err := parseCheckpoint(opened.Text, verifier.Name())
	if err != nil {
		return 0, err
	}
	hashes, err := rebuild(dir, tree.N)
	if err != nil {
		return 0, err
	}
	root := tlog.Hash(sha256.Sum256(nil)) // RFC 6962's empty tree; x/mod has none
	if tree.N > 0 {
		if root, err = tlog.TreeHash(tree.N, hashes); err != nil {
			return 0, err
		}
	}
	if root != tree.Hash {
		return 0, fmt.Errorf("the entries have root %v, the checkpoint says %v", root, tree.Hash)
	}
	return tree.N, checkTiles(dir, tree.N, hashes)
}

func parseCheckpoint(text, origin string) (tlog.Tree, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 || lines[0] != origin {
		return tlog.Tree{}, fmt.Errorf("the checkpoint is not of %s", origin)
	}
	// x/mod reads the same three lines behind a first line of its own.
	return tlog.ParseTree([]byte("go.sum database tree\n" + lines[1] + "\n" + lines[2] + "\n"))
}

type storage []tlog.Hash

func (s storage) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(s)) {
			return nil, fmt.Errorf("hash %d is not known", index)
		}
		out[i] = s[index]
	}
	return out, nil
}

// rebuild computes all hashes of the tree from the entry bundles.
func rebuild(dir string, size int64) (storage, error) {
	var hashes storage
	for first := int64(0); first < size; first += 256 {
		width := size - first
		if width > 256 {
			width = 256
		}
		rest, err := read(dir, "entries", tlog.Tile{H: height, L: 0, N: first / 256, W: int(width)})
		if err != nil {
			return nil, err
		}
		for i := int64(0); i < width; i++ {
			if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
				return nil, fmt.Errorf("the bundle of entry %d is cut", first+i)
			}
			length := int(binary.BigEndian.Uint16(rest))
			more, err := tlog.StoredHashes(first+i, rest[2:2+length], hashes)
			if err != nil {
				return nil, err
			}
			hashes = append(hashes, more...)
			rest = rest[2+length:]
		}
		if len(rest) != 0 {
			return nil, fmt.Errorf("the bundle of entry %d has surplus bytes", first)
		}
	}
	return hashes, nil
}

// checkTiles compares every tile that a client of this size would fetch.
func checkTiles(dir string, size int64, hashes storage) error {
	for _, tile := range tlog.NewTiles(height, 0, size) {
		if last := size>>(height*tile.L) - tile.N<<height; tile.W < 256 && int64(tile.W) < last {
			continue // NewTiles names every smaller width too
		}
		want, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		got, err := read(dir, fmt.Sprint(tile.L), tile)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("tile %s has wrong hashes", tile.Path())
		}
	}
	return nil
}

// read turns x/mod's tile/8/L/N into the path of tlog-tiles.
func read(dir, level string, tile tlog.Tile) ([]byte, error) {
	prefix := fmt.Sprintf("tile/%d/%d/", height, tile.L)
	path := strings.TrimPrefix(tile.Path(), prefix)
	if path == tile.Path() { // a width of 256 and others have one form; so this cannot be
		return nil, fmt.Errorf("unexpected path %s", tile.Path())
	}
	return os.ReadFile(filepath.Join(dir, "tile", level, path))
}
