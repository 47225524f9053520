package histogram

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	contracts  = "../../docs/contracts"
	schemaBase = "https://loadlab.dev/contracts/"
)

// logLine is the schema of every line that this output writes, the one that the operator is held to.
func logLine(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	files, err := filepath.Glob(filepath.Join(contracts, "*.schema.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema in %s: %v", contracts, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if err := compiler.AddResource(schemaBase+filepath.Base(file), schema); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile(schemaBase + "generator-document.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// holdToSchema fails the test for a line that the contract does not know.
func holdToSchema(t *testing.T, line []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := logLine(t).Validate(value); err != nil {
		t.Errorf("not as docs/contracts says: %v", err)
	}
}

func TestTheSchemaRefusesAFieldThatItDoesNotKnow(t *testing.T) {
	for _, line := range []string{
		`{"loadlab_progress":{"version":1,"seconds":1,"requests":1}}`,
		`{"loadlab_progress":{"version":1,"seconds":1,"phase":"warm-up","requests":1,"failed":0,"inflight":0}}`,
		`{"loadlab_result":{"version":2}}`,
	} {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(line)))
		if err != nil {
			t.Fatal(err)
		}
		if logLine(t).Validate(value) == nil {
			t.Errorf("accepted: %s", line)
		}
	}
}
