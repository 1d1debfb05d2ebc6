// A verifying reverse proxy of Go's standard library: gateway PORT UPSTREAM SECRET-FILE. Bodies, copy buffers and
// keyed hashes come from pools.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

type copyBuffers struct{ pool sync.Pool }

func (buffers *copyBuffers) Get() []byte  { return *buffers.pool.Get().(*[]byte) }
func (buffers *copyBuffers) Put(b []byte) { buffers.pool.Put(&b) }

type gateway struct {
	proxy  *httputil.ReverseProxy
	bodies sync.Pool
	hashes sync.Pool
}

const (
	bodyBytesMax     = 1 << 20
	toleranceSeconds = 300
)

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := g.bodies.Get().(*bytes.Buffer)
	defer g.bodies.Put(body)
	body.Reset()
	if r.ContentLength > 0 && r.ContentLength <= bodyBytesMax {
		body.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(io.LimitReader(r.Body, bodyBytesMax+1)); err != nil || body.Len() > bodyBytesMax {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if !g.verifies(r.Header, body.Bytes()) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body.Bytes()))
	r.ContentLength = int64(body.Len())
	g.proxy.ServeHTTP(w, r)
}

func (g *gateway) verifies(header http.Header, body []byte) bool {
	timestamps, signatures := header["Mor-Timestamp"], header["Mor-Signature"]
	if len(timestamps) != 1 || len(signatures) != 1 {
		return false
	}
	seconds, err := strconv.ParseInt(timestamps[0], 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > toleranceSeconds*time.Second {
		return false
	}
	signature, err := hex.DecodeString(signatures[0])
	if err != nil {
		return false
	}
	mac := g.hashes.Get().(hash.Hash)
	defer g.hashes.Put(mac)
	mac.Reset()
	io.WriteString(mac, timestamps[0])
	io.WriteString(mac, ".")
	mac.Write(body)
	var sum [sha256.Size]byte
	return hmac.Equal(mac.Sum(sum[:0]), signature)
}

func main() {
	secret, err := os.ReadFile(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	key := []byte(strings.TrimSpace(string(secret)))
	app := &url.URL{Scheme: "http", Host: "127.0.0.1:" + os.Args[2]}
	buffers := &copyBuffers{}
	buffers.pool.New = func() any { b := make([]byte, 32<<10); return &b }
	g := &gateway{proxy: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(app)
			r.Out.Header.Del("X-Verified")
			r.Out.Header.Set("X-Verified", "true")
		},
		Transport:  &http.Transport{MaxIdleConns: 2048, MaxIdleConnsPerHost: 2048, DisableCompression: true},
		BufferPool: buffers,
	}}
	g.bodies.New = func() any { return &bytes.Buffer{} }
	g.hashes.New = func() any { return hmac.New(sha256.New, key) }
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], g))
}
