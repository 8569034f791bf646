// Command control-plane is every part of a Kubernetes control plane in one binary: the first
// argument names the part, the rest are that part's own flags. The parts share nearly all of
// their code, so building them together takes a fraction of the time and of the disk. The
// three short commands at the end are what the script kube-up needs around them.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kwokconfig "sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
	kwoklog "sigs.k8s.io/kwok/pkg/log"
	kwoksignals "sigs.k8s.io/kwok/pkg/utils/signals"
)

const usage = `usage: control-plane etcd | kube-apiserver | kube-controller-manager | kube-scheduler | kwok | kubectl [flags]
       control-plane credentials FOLDER URL     write keys, tokens and kubeconfigs for the API server at URL
       control-plane ports COUNT                print free ports of 127.0.0.1
       control-plane await KUBECONFIG SECONDS PATH...   wait until a GET of each path succeeds`

func main() {
	if len(os.Args) < 2 {
		fail(errors.New(usage))
	}
	if os.Getenv("CONTROL_PLANE_DIES_WITH_PARENT") != "" {
		dieWithParent()
	}
	os.Args = os.Args[1:] // each component finds its own name and flags there
	arguments := os.Args[1:]
	if len(arguments) < map[string]int{"credentials": 2, "ports": 1, "await": 3}[os.Args[0]] {
		fail(errors.New(usage))
	}
	switch os.Args[0] {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		run(apiserver.NewAPIServerCommand())
	case "kube-controller-manager":
		run(controllers.NewControllerManagerCommand())
	case "kube-scheduler":
		run(scheduler.NewSchedulerCommand())
	case "kubectl":
		run(kubectl.NewDefaultKubectlCommand())
	case "kwok":
		fail(runKwok())
	case "credentials":
		fail(writeCredentials(arguments[0], arguments[1]))
	case "ports":
		fail(printFreePorts(arguments[0]))
	case "await":
		fail(await(arguments[0], arguments[1], arguments[2:]))
	default:
		fail(errors.New(usage))
	}
}

func run(command *cobra.Command) { os.Exit(cli.Run(command)) }

// runKwok parses --config before it builds the command: kwok's own main does it in this order.
func runKwok() error {
	early := pflag.NewFlagSet("kwok", pflag.ContinueOnError)
	early.ParseErrorsAllowlist.UnknownFlags = true
	early.Usage = func() {}
	ctx, _ := kwoklog.InitFlags(kwoksignals.SetupSignalContext(), early)
	ctx, err := kwokconfig.InitFlags(ctx, early)
	if err != nil {
		return err
	}
	command := kwok.NewCommand(ctx)
	command.Version = "" // its --version would clash with the one the other components share
	command.PersistentFlags().AddFlagSet(early)
	return command.ExecuteContext(ctx)
}

// dieWithParent asks the kernel to kill this process when its parent is gone, however that
// happened, so that a killed test run leaves nothing behind. The request belongs to the
// thread that makes it, hence LockOSThread.
func dieWithParent() {
	runtime.LockOSThread()
	_, _, failed := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
	if failed != 0 {
		fail(failed)
	}
}

var users = []struct{ kubeconfig, name, group string }{
	{"kubeconfig", "admin", "system:masters"},
	{"controllers.kubeconfig", "system:kube-controller-manager", ""},
	{"scheduler.kubeconfig", "system:kube-scheduler", ""},
	{"kwok.kubeconfig", "kwok", "system:masters"},
}

// writeCredentials makes what the parts and the tests authenticate with: a serving certificate
// with its authority, the signing key of service accounts, one random token and kubeconfig per user.
func writeCredentials(folder, url string) error {
	certificate, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", []net.IP{net.IPv4(10, 96, 0, 1)},
		[]string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"})
	if err != nil {
		return err
	}
	signer, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return err
	}
	var tokens strings.Builder
	for _, user := range users {
		random := make([]byte, 20)
		rand.Read(random) // never fails: crypto/rand ends the process instead
		token := hex.EncodeToString(random)
		fmt.Fprintf(&tokens, "%s,%s,%s,%s\n", token, user.name, user.name, user.group)
		config := clientcmdapi.NewConfig()
		config.Clusters["control-plane"] = &clientcmdapi.Cluster{Server: url, CertificateAuthorityData: certificate}
		config.AuthInfos[user.name] = &clientcmdapi.AuthInfo{Token: token}
		config.Contexts["control-plane"] = &clientcmdapi.Context{Cluster: "control-plane", AuthInfo: user.name}
		config.CurrentContext = "control-plane"
		if err := clientcmd.WriteToFile(*config, filepath.Join(folder, user.kubeconfig)); err != nil {
			return err
		}
	}
	for name, content := range map[string][]byte{
		"server.crt": certificate, "server.key": key, "accounts.key": signer, "tokens.csv": []byte(tokens.String()),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// printFreePorts opens them all before it closes one, or the same port could come twice.
func printFreePorts(count string) error {
	wanted, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	var ports []string
	for range wanted {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer listener.Close()
		ports = append(ports, strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	}
	fmt.Println(strings.Join(ports, " "))
	return nil
}

func await(kubeconfig, seconds string, paths []string) error {
	patience, err := time.ParseDuration(seconds + "s")
	if err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for len(paths) > 0 {
		err := client.RESTClient().Get().AbsPath(paths[0]).Do(ctx).Error()
		switch {
		case err == nil:
			paths = slices.Delete(paths, 0, 1)
		case ctx.Err() != nil:
			return fmt.Errorf("%s: not there after %s s: %w", paths[0], seconds, err)
		default:
			time.Sleep(50 * time.Millisecond)
		}
	}
	return nil
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "control-plane:", err)
		os.Exit(1)
	}
}
