package lines

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

const (
	statFile = "/proc/self/stat"
	memory   = "/proc/self/mem"

	// Fields 50 and 51 of the statistics, counted after the name in brackets, which is the second.
	envStart, envEnd = 50 - 3, 51 - 3
)

// unhidden is why a secret may still be read in the environment that this process began with.
var unhidden error

// Take returns a variable of the environment and takes it out of there, before k6 hands that to
// the script. A script may open files as well, and the kernel shows the environment that a process
// began with in /proc/self/environ: so it is written over where that comes from, too. (That open()
// of k6 v2.2 fails for files whose size the kernel tells as 0 is chance.)
func Take(name string) string {
	taken := os.Getenv(name)
	_ = os.Unsetenv(name)
	if taken != "" {
		unhidden = errors.Join(unhidden, overwrite(name))
	}
	return taken
}

// Hidden is nil where no script can read what was taken.
func Hidden() error { return unhidden }

func overwrite(name string) error {
	from, to, err := environment()
	if err != nil {
		return fmt.Errorf("%s cannot be hidden from scripts: %w", name, err)
	}
	file, err := os.OpenFile(memory, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("%s cannot be hidden from scripts: %w", name, err)
	}
	defer func() { _ = file.Close() }()
	began := make([]byte, to-from)
	if _, err = io.ReadFull(io.NewSectionReader(file, from, to-from), began); err != nil {
		return fmt.Errorf("%s cannot be hidden from scripts: %w", name, err)
	}
	at, length := valueOf(began, name)
	if length == 0 {
		return nil // it was set by this process
	}
	_, err = file.WriteAt(bytes.Repeat([]byte{'*'}, length), from+int64(at))
	return err
}

// environment is where the kernel keeps what /proc/self/environ shows.
func environment() (from, to int64, err error) {
	raw, err := os.ReadFile(statFile)
	if err != nil {
		return 0, 0, err
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(after)
	if len(fields) <= envEnd {
		return 0, 0, fmt.Errorf("%s has %d fields", statFile, len(fields))
	}
	from, err = strconv.ParseInt(fields[envStart], 10, 64)
	if err != nil {
		return 0, 0, err
	}
	to, err = strconv.ParseInt(fields[envEnd], 10, 64)
	if err == nil && (from <= 0 || to < from) {
		err = fmt.Errorf("%s tells nothing of the environment", statFile)
	}
	return from, to, err
}

// valueOf finds the value of a variable in an environment of NAME=value, each with a zero after it.
func valueOf(environ []byte, name string) (at, length int) {
	for _, entry := range bytes.SplitAfter(environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(entry, []byte(name+"=")); ok {
			return at + len(entry) - len(value), len(bytes.TrimSuffix(value, []byte{0}))
		}
		at += len(entry)
	}
	return 0, 0
}
