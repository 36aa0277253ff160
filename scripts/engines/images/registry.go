package main

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
)

// A want is an image of critest: repository, tags, configuration.
type want struct {
	name   string
	tags   []string
	config map[string]any
}

func wants() []want {
	const e2e, tools = "e2e-test-images/", "k8s-staging-cri-tools/"
	latest := []string{"latest"}
	sh := func() map[string]any { return map[string]any{"Cmd": []string{"sh"}} }
	as := func(user string) map[string]any { return map[string]any{"Cmd": []string{"sh"}, "User": user} }
	made := func(n string) map[string]any {
		return map[string]any{"Cmd": []string{"sh"}, "Labels": map[string]string{"made": n}}
	}
	web := func(port string) map[string]any {
		return map[string]any{"Cmd": []string{"nginx", "master process", port}}
	}
	return []want{
		{"pause", latest, map[string]any{"Entrypoint": []string{"/bin/pause"}}},
		{e2e + "busybox", []string{"1.29-2"}, sh()},
		{e2e + "nginx", []string{"1.14-2"}, web("80")},
		{e2e + "httpd", []string{"2.4.39-4"}, map[string]any{"Cmd": []string{"httpd"}}},
		{e2e + "nonewprivs", []string{"1.3"}, map[string]any{"Cmd": []string{"nonewprivs"}}},
		{tools + "hostnet-nginx-" + runtime.GOARCH, latest, web("12003")},
		{tools + "test-image-user-uid", latest, as("1002")},
		{tools + "test-image-user-username", latest, as("www-data")},
		{tools + "test-image-user-uid-group", latest, as("1003:users")},
		{tools + "test-image-user-username-group", latest, as("www-data:100")},
		{tools + "test-image-predefined-group", latest, as("1000")},
		{tools + "test-image-latest", latest, made("latest")},
		{tools + "test-image-tag", []string{"test", "all"}, made("tag")},
		{tools + "test-image-1", latest, made("1")},
		{tools + "test-image-2", latest, made("2")},
		{tools + "test-image-3", latest, made("3")},
		{tools + "test-image-tags", []string{"1", "2", "3"}, made("tags")},
	}
}

// A repository has blobs by digest and manifests by tag and digest.
type repository map[string]blob

func serve(addr string) error {
	layer, err := root()
	if err != nil {
		return err
	}
	repos := map[string]repository{}
	for _, w := range wants() {
		img, err := newImage(layer, w.config)
		if err != nil {
			return err
		}
		r := repository{}
		for _, b := range []blob{img.manifest, img.config, img.layer} {
			r[b.digest] = b
		}
		for _, t := range w.tags {
			r[t] = img.manifest
		}
		repos[w.name] = r
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { answer(w, q, repos) }))
}

// answer is the pull half of the distribution specification.
func answer(w http.ResponseWriter, q *http.Request, repos map[string]repository) {
	path := strings.TrimPrefix(q.URL.Path, "/v2/")
	if path == "" {
		return
	}
	for _, sep := range []string{"/manifests/", "/blobs/"} {
		name, ref, ok := strings.Cut(path, sep)
		b, there := repos[name][ref]
		if !ok || !there {
			continue
		}
		w.Header().Set("Content-Type", b.kind)
		w.Header().Set("Docker-Content-Digest", b.digest)
		w.Header().Set("Content-Length", fmt.Sprint(len(b.data)))
		if q.Method == http.MethodGet {
			_, _ = w.Write(b.data)
		}
		return
	}
	http.NotFound(w, q)
}

// archive writes an OCI layout that is a docker-archive too.
func archive(path, name string) error {
	layer, err := root()
	if err != nil {
		return err
	}
	img, err := newImage(layer, map[string]any{"Cmd": []string{"sh"}})
	if err != nil {
		return err
	}
	_, tag, _ := strings.Cut(name, ":")
	desc := img.manifest.descriptor()
	desc["annotations"] = map[string]string{"io.containerd.image.name": name, "org.opencontainers.image.ref.name": tag}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": []any{desc}})
	if err != nil {
		return err
	}
	docker, err := json.Marshal([]any{map[string]any{
		"Config": img.config.path(), "RepoTags": []string{name}, "Layers": []string{img.layer.path()},
	}})
	if err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	w := tar.NewWriter(out)
	for _, f := range []file{
		{"oci-layout", 0o644, `{"imageLayoutVersion":"1.0.0"}`},
		{"index.json", 0o644, string(index)},
		{"manifest.json", 0o644, string(docker)},
		{img.manifest.path(), 0o644, string(img.manifest.data)},
		{img.config.path(), 0o644, string(img.config.data)},
		{img.layer.path(), 0o644, string(img.layer.data)},
	} {
		if err := add(w, &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.text)), Typeflag: tar.TypeReg}, []byte(f.text)); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return out.Close()
}
