package lines

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

func TestTheTokenIsTakenOutOfTheEnvironment(t *testing.T) {
	t.Setenv(TokenEnv, "t-1")
	if taken := Take(TokenEnv); taken != "t-1" {
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

func TestWhatWasTakenIsNotInTheEnvironmentThatTheKernelShows(t *testing.T) {
	const taker, secret = "LINES_TEST_TAKES", "secret-0123456789"
	if os.Getenv(taker) != "" {
		taken := token // as this process began
		shown, err := os.ReadFile("/proc/self/environ")
		if taken != secret || err != nil || Hidden() != nil {
			t.Fatalf("took %q, read %v, hidden %v", taken, err, Hidden())
		}
		if bytes.Contains(shown, []byte(secret)) || !bytes.Contains(shown, []byte(taker+"=1")) {
			t.Fatal("open('/proc/self/environ') would show it, or more than it was written over")
		}
		return
	}
	//nolint:gosec // this very test, in a process that begins with the secret
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run", t.Name())
	again.Env = append(os.Environ(), taker+"=1", TokenEnv+"="+secret)
	if said, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
}

func TestAVariableIsFoundByItsWholeName(t *testing.T) {
	const environ = "MY_TOKEN=no\x00TOKEN=yes\x00LAST=1\x00"
	at, length := valueOf([]byte(environ), "TOKEN")
	if found := environ[at : at+length]; found != "yes" {
		t.Errorf("found %q", found)
	}
	if _, length = valueOf([]byte(environ), "OTHER"); length != 0 {
		t.Error("found what is not there")
	}
}
