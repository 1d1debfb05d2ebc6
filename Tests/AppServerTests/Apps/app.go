// The app on Go's net/http: app PORT KEEP-ALIVE-MILLISECONDS [CERTIFICATE KEY]
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func blocks(w io.Writer, count int) {
	for number := 0; number < count; number++ {
		if _, err := io.WriteString(w, strings.Repeat(fmt.Sprintf("%015d\n", number), 4096)); err != nil {
			return
		}
	}
}

func digest(w http.ResponseWriter, r *http.Request, body []byte) {
	sum := hmac.New(sha256.New, []byte("witness"))
	sum.Write(body)
	line := fmt.Sprintf("%x %d", sum.Sum(nil), len(body))
	file, err := os.OpenFile(os.Getenv("WITNESS_FILE"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	witness := r.Header.Get("X-Witness")
	if witness == "" {
		witness = "-"
	}
	fmt.Fprintf(file, "%s %s\n", witness, line)
	if path.Base(r.URL.Path) == "dying" {
		panic(http.ErrAbortHandler)
	}
	_, port, _ := net.SplitHostPort(r.RemoteAddr)
	text := line + " " + port
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	io.WriteString(w, text)
}

func take(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	if strings.HasPrefix(name, "early") {
		status, _ := strconv.Atoi(name[5:])
		w.Header().Set("Content-Length", "5")
		w.WriteHeader(status)
		io.WriteString(w, "early")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	switch name {
	case "bare":
		w.WriteHeader(204)
	case "unchanged":
		w.Header().Set("ETag", `"same"`)
		w.WriteHeader(304)
	case "chunked":
		blocks(w, 16)
	case "interim":
		w.Header().Set("Link", "</style.css>; rel=preload; as=style")
		w.WriteHeader(102)
		w.WriteHeader(103)
		io.WriteString(w, "interim")
	case "closing":
		w.Header().Set("Transfer-Encoding", "identity")
		blocks(w, 16)
	case "trailers":
		w.Header().Set("Trailer", "X-Sum")
		blocks(w, 1)
		w.Header().Set("X-Sum", "done")
	case "large":
		w.Header().Set("Content-Length", strconv.Itoa(1600*65536))
		blocks(w, 1600)
	default:
		digest(w, r, body)
	}
}

func main() {
	milliseconds, _ := strconv.Atoi(os.Args[2])
	server := &http.Server{
		Addr: "127.0.0.1:" + os.Args[1], Handler: http.HandlerFunc(take),
		IdleTimeout: time.Duration(milliseconds) * time.Millisecond,
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	over := make(chan struct{})
	go func() {
		<-stop
		server.Shutdown(context.Background())
		close(over)
	}()
	var err error
	if len(os.Args) > 4 {
		err = server.ListenAndServeTLS(os.Args[3], os.Args[4])
	} else {
		err = server.ListenAndServe()
	}
	if err != http.ErrServerClosed {
		panic(err)
	}
	<-over
}
