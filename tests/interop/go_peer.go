// go_peer.go - a client or an echo server with Go's crypto/tls, for go.py.
//
//	go_peer client PORT FOLDER MODE VERSION    stdin to the server, what comes back to stdout
//	go_peer server FOLDER MODE VERSION         prints its port, then echoes
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func pool(folder string) *x509.CertPool {
	pem, err := os.ReadFile(folder + "/ca.pem")
	must(err)
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(pem)
	return p
}

func pair(folder, name string) []tls.Certificate {
	c, err := tls.LoadX509KeyPair(folder+"/"+name+".pem", folder+"/"+name+".key")
	must(err)
	return []tls.Certificate{c}
}

func connect(port string, config *tls.Config) *tls.Conn {
	conn, err := tls.Dial("tcp", "localhost:"+port, config)
	must(err)
	fmt.Fprintf(os.Stderr, "connected resumed=%v\n", conn.ConnectionState().DidResume)
	return conn
}

func client(port, folder, mode string, version uint16) {
	config := &tls.Config{RootCAs: pool(folder), MinVersion: version, MaxVersion: version,
		ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	switch mode {
	case "mutual":
		config.Certificates = pair(folder, "client")
	case "retry":
		// Go 1.24 has an order of its own: the share is for X25519 in every version
		config.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP384}
	case "resume":
		conn := connect(port, config)
		_, err := conn.Write([]byte("hello"))
		must(err)
		_, err = io.ReadFull(conn, make([]byte, 5)) // the ticket stands in front of it
		must(err)
		must(conn.Close())
	}
	conn := connect(port, config)
	go func() {
		io.Copy(conn, os.Stdin)
		conn.CloseWrite()
	}()
	_, err := io.Copy(os.Stdout, conn)
	must(err)
}

func server(folder, mode string, version uint16) {
	config := &tls.Config{Certificates: pair(folder, "server"), MinVersion: version,
		MaxVersion: version}
	switch mode {
	case "mutual":
		config.ClientCAs = pool(folder)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	case "retry":
		config.CurvePreferences = []tls.CurveID{tls.CurveP384}
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	must(err)
	fmt.Fprintf(os.Stderr, "port %d\n", listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		must(err)
		go func() {
			defer conn.Close()
			if _, err := io.Copy(conn, conn); err != nil {
				fmt.Fprintln(os.Stderr, "refused:", err)
			}
		}()
	}
}

func version(name string) uint16 {
	if name == "1.2" {
		return tls.VersionTLS12
	}
	return tls.VersionTLS13
}

func main() {
	if len(os.Args) == 6 && os.Args[1] == "client" {
		client(os.Args[2], os.Args[3], os.Args[4], version(os.Args[5]))
	} else if len(os.Args) == 5 && os.Args[1] == "server" {
		server(os.Args[2], os.Args[3], version(os.Args[4]))
	} else {
		fmt.Fprintln(os.Stderr, "usage: see the file's head")
		os.Exit(2)
	}
}
