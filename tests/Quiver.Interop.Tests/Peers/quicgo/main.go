// quic-go as a peer that takes orders: see ../README.md.
//
//	quicgo-orders server -addr 127.0.0.1:4433 -cert cert.pem -key key.pem
//	quicgo-orders client -addr 127.0.0.1:4433 [-ca ca.pem]
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lucas-clemente/quic-go"
)

func fatal(err error) {
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
}

func orders(conn quic.Connection) {
	for {
		s, err := conn.AcceptStream(context.Background())
		if err != nil {
			var app *quic.ApplicationError
			if errors.As(err, &app) && app.Remote {
				fmt.Println("closed", uint64(app.ErrorCode))
			} else {
				fmt.Println("failed", err)
			}
			return
		}
		if misuses.Load() {
			go misuse(s)
		} else {
			go obey(conn, s)
		}
	}
}

// Whether streams are no orders any more, but are read once and closed as in quic-go's issue 4717.
var misuses atomic.Bool

func misuse(s quic.Stream) {
	s.Read(make([]byte, 17))
	s.Close()
}

// The server of that issue: Close ends the write side only, and nobody reads.
func spawn(conn quic.Connection, count int) {
	for i := 0; i < count; i++ {
		s, err := conn.OpenStreamSync(context.Background())
		if err != nil {
			fmt.Println("failed", err)
			return
		}
		io.WriteString(s, "hello from server")
		s.Close()
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	fmt.Println("spawned", count, "heap", m.HeapAlloc)
}

func obey(conn quic.Connection, s quic.Stream) {
	in := bufio.NewReaderSize(s, 65536)
	line, err := in.ReadString('\n')
	if err != nil {
		fmt.Println("failed order", err)
		return
	}
	var verb string
	var code, size int
	fmt.Sscan(strings.TrimSpace(line), &verb, &code, &size)
	var e *quic.StreamError
	switch verb {
	case "echo":
		io.Copy(s, in)
		s.Close()
	case "read":
		io.WriteString(s, "go\n")
		s.Close()
		n, err := io.Copy(io.Discard, in)
		if errors.As(err, &e) {
			fmt.Println("reset", uint64(e.ErrorCode))
		} else if err == nil {
			fmt.Println("fin", n)
		}
	case "flood":
		for err == nil {
			_, err = s.Write(make([]byte, 65536))
		}
		if errors.As(err, &e) {
			fmt.Println("stopped", uint64(e.ErrorCode))
		}
	case "reset":
		s.Write([]byte("some"))
		s.CancelWrite(quic.StreamErrorCode(code))
	case "stop":
		s.CancelRead(quic.StreamErrorCode(code))
		s.Close()
	case "open":
		answer := "same"
		done := make(chan error, code)
		for i := 0; i < code; i++ {
			go func() { done <- exchange(conn, size) }()
		}
		for i := 0; i < code; i++ {
			if err := <-done; err != nil {
				fmt.Println("failed", err)
				answer = "wrong"
			}
		}
		io.WriteString(s, answer)
		s.Close()
	case "spawn":
		s.Close()
		spawn(conn, code)
	case "misuse":
		misuses.Store(true)
		s.Close()
	case "close":
		conn.CloseWithError(quic.ApplicationErrorCode(code), "as ordered")
		fmt.Println("closing")
	}
}

func exchange(conn quic.Connection, size int) error {
	s, err := conn.OpenStreamSync(context.Background())
	if err != nil {
		return err
	}
	payload := make([]byte, size)
	rand.Read(payload)
	go func() { s.Write(payload); s.Close() }()
	got, err := io.ReadAll(s)
	if err == nil && !bytes.Equal(got, payload) {
		err = errors.New("echo differs")
	}
	return err
}

func main() {
	os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true")
	fs := flag.NewFlagSet("quicgo-orders", flag.ExitOnError)
	addr := fs.String("addr", "127.0.0.1:4433", "loopback UDP address")
	cert := fs.String("cert", "cert.pem", "certificate (PEM)")
	key := fs.String("key", "key.pem", "private key (PEM)")
	ca := fs.String("ca", "", "client: the only authority to trust (none: any certificate)")
	alpn := fs.String("alpn", "quiver-orders", "application protocol")
	name := fs.String("name", "localhost", "client: name to expect")
	fs.Parse(os.Args[2:])
	qc := &quic.Config{MaxIdleTimeout: 30 * time.Second, HandshakeIdleTimeout: 10 * time.Second}
	if os.Args[1] == "server" {
		kp, err := tls.LoadX509KeyPair(*cert, *key)
		fatal(err)
		qc.RequireAddressValidation = func(a net.Addr) bool { return false }
		ln, err := quic.ListenAddr(*addr, &tls.Config{Certificates: []tls.Certificate{kp}, NextProtos: []string{*alpn}}, qc)
		fatal(err)
		fmt.Println("listening", ln.Addr())
		for {
			conn, err := ln.Accept(context.Background())
			fatal(err)
			fmt.Println("connected")
			go orders(conn)
		}
	}
	tc := &tls.Config{ServerName: *name, NextProtos: []string{*alpn}, InsecureSkipVerify: *ca == ""}
	if *ca != "" {
		pem, err := os.ReadFile(*ca)
		fatal(err)
		tc.RootCAs = x509.NewCertPool()
		tc.RootCAs.AppendCertsFromPEM(pem)
	}
	conn, err := quic.DialAddr(*addr, tc, qc)
	fatal(err)
	fmt.Println("connected")
	orders(conn)
	time.Sleep(50 * time.Millisecond)
}
