package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/hcl2/syntax"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

type files = map[string][]byte

// writer is what differs between the languages.
type writer struct {
	sdk     func(*schema.Package, *pulumirpc.GeneratePackageRequest, schema.ReferenceLoader) (files, error)
	program func(*pcl.Program) (files, hcl.Diagnostics, error)
	// link makes an SDK in a folder of a project a dependency of the project.
	link func(ctx context.Context, project, sdk string) error
}

var writers = map[string]writer{
	"nodejs": {sdk: nodejsSDK, program: nodejs.GenerateProgram, link: npmAdd},
	"go":     {sdk: goSDK, program: gogen.GenerateProgram},
}

func nodejsSDK(
	pkg *schema.Package, request *pulumirpc.GeneratePackageRequest, loader schema.ReferenceLoader,
) (files, error) {
	return nodejs.GeneratePackage(
		"pulumi", pkg, request.ExtraFiles, request.LocalDependencies, request.Local, loader)
}

func goSDK(
	pkg *schema.Package, request *pulumirpc.GeneratePackageRequest, _ schema.ReferenceLoader,
) (files, error) {
	return gogen.GeneratePackage("pulumi", pkg, request.LocalDependencies)
}

// npmAdd names an SDK among the project's dependencies; the engine has them installed afterwards.
func npmAdd(ctx context.Context, project, sdk string) error {
	text, err := os.ReadFile(filepath.Join(project, sdk, "package.json"))
	if err != nil {
		return err
	}
	var described struct{ Name string }
	if err := json.Unmarshal(text, &described); err != nil {
		return err
	}
	npm := exec.CommandContext(ctx, "npm", "pkg", "set",
		fmt.Sprintf("dependencies.%s=file:%s", described.Name, filepath.ToSlash(sdk)))
	npm.Dir = project
	if output, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm pkg set: %w: %s", err, output)
	}
	return nil
}

type generator struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	writer writer
}

// GetPluginInfo says the version of the code generators.
func (g *generator) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// GeneratePackage writes an SDK.
func (g *generator) GeneratePackage(
	_ context.Context, request *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	loader, err := schema.NewLoaderClient(request.LoaderTarget)
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(request.Schema), &spec); err != nil {
		return nil, err
	}
	cached := schema.NewCachedLoader(loader)
	pkg, problems, err := schema.BindSpec(spec, cached, schema.ValidationOptions{AllowDanglingReferences: true})
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GeneratePackageResponse{Diagnostics: plugin.HclDiagnosticsToRPCDiagnostics(problems)}
	if problems.HasErrors() {
		return response, nil
	}
	written, err := g.writer.sdk(pkg, request, cached)
	if err != nil {
		return nil, err
	}
	return response, save(request.Directory, written)
}

func save(folder string, written files) error {
	for name, text := range written {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// GenerateProgram writes a program, such as the one that `pulumi import` proposes.
func (g *generator) GenerateProgram(
	_ context.Context, request *pulumirpc.GenerateProgramRequest,
) (*pulumirpc.GenerateProgramResponse, error) {
	loader, err := schema.NewLoaderClient(request.LoaderTarget)
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	parser := syntax.NewParser()
	for name, text := range request.Source {
		if err := parser.ParseFile(strings.NewReader(text), name); err != nil {
			return nil, err
		}
	}
	problems := parser.Diagnostics
	var written files
	if !problems.HasErrors() {
		var more hcl.Diagnostics
		written, more, err = g.write(parser.Files, schema.NewCachedLoader(loader), request.Strict)
		problems = append(problems, more...)
	}
	return &pulumirpc.GenerateProgramResponse{
		Source:      written,
		Diagnostics: plugin.HclDiagnosticsToRPCDiagnostics(problems),
	}, err
}

func (g *generator) write(parsed []*syntax.File, loader schema.ReferenceLoader, strict bool) (
	files, hcl.Diagnostics, error,
) {
	var options []pcl.BindOption
	if !strict {
		options = pcl.NonStrictBindOptions()
	}
	program, problems, err := pcl.BindProgram(parsed, loader, options...)
	if err != nil || problems.HasErrors() {
		return nil, problems, err
	}
	written, more, err := g.writer.program(program)
	return written, append(problems, more...), err
}

// Link makes the SDKs that `pulumi package add` wrote known to the project.
func (g *generator) Link(ctx context.Context, request *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	if g.writer.link == nil {
		return nil, status.Error(codes.Unimplemented, "this host links no SDK; one of an official Pulumi CLI does")
	}
	for _, sdk := range request.Packages {
		if err := g.writer.link(ctx, request.Info.RootDirectory, sdk.Path); err != nil {
			return nil, err
		}
	}
	return &pulumirpc.LinkResponse{}, nil
}
