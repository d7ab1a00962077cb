package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// runner is the older host, started with the first call that is for it.
type runner struct {
	name string
	args []string

	mutex      sync.Mutex
	process    *exec.Cmd
	connection *grpc.ClientConn
}

// forward hands a call on, with its messages as they are: an Empty keeps the fields it doesn't know.
func (r *runner) forward(_ any, caller grpc.ServerStream) error {
	connection, err := r.connect()
	if err != nil {
		return err
	}
	method, _ := grpc.MethodFromServerStream(caller)
	both := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	callee, err := connection.NewStream(caller.Context(), both, method)
	if err != nil {
		return err
	}
	go func() {
		_ = pipe(caller, callee) // what fails here, the callee tells
		_ = callee.CloseSend()
	}()
	return pipe(callee, caller)
}

type receiver interface{ RecvMsg(any) error }

type sender interface{ SendMsg(any) error }

func pipe(from receiver, to sender) error {
	for {
		message := &emptypb.Empty{}
		if err := from.RecvMsg(message); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := to.SendMsg(message); err != nil {
			return err
		}
	}
}

func (r *runner) connect() (*grpc.ClientConn, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.connection != nil {
		return r.connection, nil
	}
	port, err := r.start()
	if err != nil {
		return nil, err
	}
	r.connection, err = grpc.NewClient(
		"127.0.0.1:"+port,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		rpcutil.GrpcChannelOptions(),
	)
	return r.connection, err
}

// start returns the port, which is the first line that a host prints. The rest is the program's.
func (r *runner) start() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), "runner", r.name)
	if _, err := os.Stat(path); err != nil {
		return "", status.Errorf(codes.Unimplemented,
			"this %s writes SDKs and programs, but runs none; that of an official Pulumi CLI does", r.name)
	}
	process := exec.Command(path, r.args...)
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := process.Start(); err != nil {
		return "", fmt.Errorf("%s can't be started: %w", path, err)
	}
	r.process = process
	lines := bufio.NewReader(output)
	port, err := lines.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s named no port: %w", path, err)
	}
	go io.Copy(os.Stdout, lines)
	return strings.TrimSpace(port), nil
}

func (r *runner) stop() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.process != nil {
		_ = r.process.Process.Kill()
	}
}
