// A sender that writes all of 20 MB before it listens, as many do: prints a status, or what went wrong, for each.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
)

func main() {
	count, _ := strconv.Atoi(os.Args[2])
	body := make([]byte, 20_000_000)
	for number := 0; number < count; number++ {
		var content io.Reader = bytes.NewReader(body)
		if number%2 == 1 {
			// Of no known length: in chunks.
			content = io.MultiReader(content)
		}
		answer, err := http.Post(os.Args[1], "application/json", content)
		if err != nil {
			fmt.Println(err)
			continue
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		fmt.Println(answer.StatusCode, string(bytes.TrimSpace(text)))
	}
}
