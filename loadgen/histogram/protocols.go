package histogram

import "go.k6.io/k6/v2/metrics"

// By these metrics k6 tells of what is no HTTP request, and so in no other figure of the document.
var otherProtocols = map[string]string{
	metrics.WSSessionsName:      "WebSocket sessions",
	metrics.GRPCReqDurationName: "gRPC requests",
	"grpc_streams":              "gRPC streams",
}

// builtins are k6's own metrics, which are not the script's: it may well have a ws_connect of its own.
var builtins = func() map[string]bool {
	registry := metrics.NewRegistry()
	metrics.RegisterBuiltinMetrics(registry)
	names := map[string]bool{
		"grpc_streams": true, "grpc_streams_msgs_sent": true, "grpc_streams_msgs_received": true,
	}
	for _, metric := range registry.All() {
		names[metric.Name] = true
	}
	delete(names, metrics.ChecksName) // which are counted by name
	return names
}()

// addBuiltin takes what is told of by none of the other cases, and reports whether k6 made it.
func (s *scenario) addBuiltin(name string) bool {
	if protocol, ok := otherProtocols[name]; ok {
		s.others[protocol]++
	}
	return builtins[name]
}
