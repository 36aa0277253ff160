package plugin

import (
	"context"
	"encoding/json"
	"fmt"
)

// dispatch calls the plugin. The common calls first, then those of its type.
func (s *server) dispatch(ctx context.Context, method string, params json.RawMessage) (any, error) {
	p := s.plugin
	switch method {
	case MethodInfo:
		return Describe(p), nil
	case MethodInitialize:
		in := InitializeParams{}
		if err := decode(params, &in); err != nil {
			return nil, err
		}
		if in.Protocol != Version {
			return nil, &Error{CodeParams, fmt.Sprintf("have protocol %d, need %d", in.Protocol, Version)}
		}
		err := p.Initialize(ctx, in.Config)
		s.ready = err == nil
		return nil, err
	case MethodStart:
		if !s.ready {
			return nil, &Error{CodeFailed, "start: plugin is not initialized"}
		}
		err := p.Start(ctx)
		s.running = err == nil
		return nil, err
	case MethodStop:
		s.running = false
		return nil, p.Stop(ctx)
	case MethodCleanup:
		s.ready = false
		return nil, p.Cleanup(ctx)
	case MethodHealth:
		if h, ok := p.(HealthChecker); ok {
			return h.GetHealthStatus(), nil
		}
		return HealthStatus{Healthy: true}, nil
	case MethodEvent:
		return nil, event(ctx, p, params)
	}
	return typed(ctx, p, method, params)
}

// typed calls what the plugin's interface of its type has.
func typed(ctx context.Context, p Plugin, method string, params json.RawMessage) (any, error) {
	switch p := p.(type) {
	case StoragePlugin:
		return storage(p, method, params)
	case NetworkPlugin:
		return network(p, method, params)
	case MonitoringPlugin:
		switch method {
		case MethodCollect:
			return p.CollectMetrics(), nil
		case MethodStatus:
			return p.GetHealthStatus(), nil
		}
	case RuntimePlugin:
		if method == MethodAdjust {
			in, err := specRequest(params)
			if err != nil {
				return nil, err
			}
			return p.AdjustSpec(ctx, in)
		}
	case SecurityPlugin:
		if method == MethodCheck {
			in, err := specRequest(params)
			if err != nil {
				return nil, err
			}
			return p.CheckSpec(ctx, in)
		}
	}
	return nil, unknown(method)
}

func storage(p StoragePlugin, method string, params json.RawMessage) (any, error) {
	switch method {
	case MethodMount:
		in := MountParams{}
		if err := decode(params, &in); err != nil {
			return nil, err
		}
		return nil, p.Mount(in.Source, in.Target, in.Options)
	case MethodUnmount:
		in := UnmountParams{}
		if err := decode(params, &in); err != nil {
			return nil, err
		}
		return nil, p.Unmount(in.Target)
	case MethodSnapshot:
		in := SnapshotParams{}
		if err := decode(params, &in); err != nil {
			return nil, err
		}
		return nil, p.CreateSnapshot(in.Source, in.Snapshot)
	}
	return nil, unknown(method)
}

func network(p NetworkPlugin, method string, params json.RawMessage) (any, error) {
	in := NetworkParams{}
	switch method {
	case MethodSetup:
		if err := decode(params, &in); err != nil {
			return nil, err
		}
		return p.SetupNetwork(in.ContainerID, in.NetNS)
	case MethodTeardown:
		if err := decode(params, &in); err != nil {
			return nil, err
		}
		return nil, p.TeardownNetwork(in.ContainerID, in.NetNS)
	}
	return nil, unknown(method)
}

func event(ctx context.Context, p Plugin, params json.RawMessage) error {
	h, ok := p.(PluginEventHandler)
	if !ok {
		return unknown(MethodEvent)
	}
	e := &PluginEvent{}
	if err := decode(params, e); err != nil {
		return err
	}
	return h.HandleEvent(ctx, e)
}

func decode(params json.RawMessage, v any) error {
	if len(params) == 0 {
		return errNoParams
	}
	return wrong(json.Unmarshal(params, v))
}

func specRequest(params json.RawMessage) (*SpecRequest, error) {
	if len(params) == 0 {
		return nil, errNoParams
	}
	in, err := DecodeSpecRequest(params)
	return in, wrong(err)
}

var errNoParams = &Error{CodeParams, "have no params, need some"}

func wrong(err error) error {
	if err == nil {
		return nil
	}
	return &Error{CodeParams, "decode params: " + err.Error()}
}

func unknown(method string) error { return &Error{CodeMethod, "have no method " + method} }

// Describe is what the plugin says of itself, with what its interfaces say.
func Describe(p Plugin) PluginInfo {
	info := p.GetInfo()
	info.Protocol = Version
	if h, ok := p.(PluginEventHandler); ok && len(info.Events) == 0 {
		info.Events = h.GetHandledEvents()
	}
	return info
}
