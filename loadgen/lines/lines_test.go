package lines

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestTheTokenIsTakenOutOfTheEnvironment(t *testing.T) {
	t.Setenv(TokenEnv, "t-1")
	if taken := takeToken(); taken != "t-1" {
		t.Fatalf("took %q", taken)
	}
	if _, there := os.LookupEnv(TokenEnv); there {
		t.Fatal("k6 would hand it to the script")
	}
}

func TestALineBeginsWithTheToken(t *testing.T) {
	for given, want := range map[string]string{"": "{}\n", "t-1": "t-1 {}\n"} {
		token = given
		var written bytes.Buffer
		if err := Write(&written, []byte("{}")); err != nil || written.String() != want {
			t.Errorf("token %q: wrote %q, %v", given, written.String(), err)
		}
	}
	token = ""
}

func TestAScriptWritesNoResult(t *testing.T) {
	for _, key := range []string{"loadlab_result", "loadlab_progress", "x", ""} {
		if err := writeOfScript(key, "{}"); err == nil || !strings.Contains(err.Error(), "no line") {
			t.Errorf("%q: %v", key, err)
		}
	}
}
