// A language host that writes SDKs and programs itself, and has an older host run the programs.
//
// The Node.js host that can do both is in no module that can be had; the last one that is in one
// writes nothing. The code generators are, as packages. The name that this program is started under
// says the language: pulumi-language-nodejs, or pulumi-language-go, which runs no program.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

const engineCheck = 5 * time.Minute // as often as Pulumi's own hosts look whether the engine lives

func main() {
	if err := serve(filepath.Base(os.Args[0]), os.Args[1:]); err != nil {
		cmdutil.Exit(err)
	}
}

func serve(name string, args []string) error {
	writer, known := writers[strings.TrimPrefix(name, "pulumi-language-")]
	if !known || len(args) == 0 {
		return fmt.Errorf("%s: started by the Pulumi engine, as the host of a language", name)
	}
	ended := make(chan bool)
	engine := args[len(args)-1]
	if err := rpcutil.Healthcheck(context.Background(), engine, engineCheck, func() { close(ended) }); err != nil {
		return err
	}
	runner := &runner{name: name, args: args}
	defer runner.stop()
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel:  ended,
		Init:    func(server *grpc.Server) error { return register(server, writer) },
		Options: []grpc.ServerOption{grpc.UnknownServiceHandler(runner.forward)},
	})
	if err != nil {
		return err
	}
	fmt.Println(server.Port)
	return <-server.Done
}

// register serves the methods of the generator; what isn't registered is forwarded.
func register(server *grpc.Server, writer writer) error {
	service := pulumirpc.LanguageRuntime_ServiceDesc
	service.Streams = nil
	own := []string{"GetPluginInfo", "GeneratePackage", "GenerateProgram", "Link"}
	service.Methods = slices.DeleteFunc(slices.Clone(service.Methods), func(method grpc.MethodDesc) bool {
		return !slices.Contains(own, method.MethodName)
	})
	server.RegisterService(&service, &generator{writer: writer})
	return nil
}
