package metrics

import "github.com/gophertainer/gophertainer/cmd/gt-mon/internal/usage"

func some(p *usage.Pressure) uint64 { return p.Some }
func full(p *usage.Pressure) uint64 { return p.Full }

func sampled(f func(s *usage.Sample) (float64, bool)) func(*Row, func(float64, ...string)) {
	return func(r *Row, put func(float64, ...string)) {
		if r.Sample == nil {
			return
		}
		if v, ok := f(r.Sample); ok {
			put(v)
		}
	}
}

// families are the metrics: cAdvisor's names, then what it has no name for.
var families = []family{
	{"container_cpu_usage_seconds", "counter", "CPU time used.", cpu(func(c *usage.CPU) uint64 { return c.Total }, micro)},
	{"container_cpu_user_seconds", "counter", "CPU time used outside the kernel.", cpu(func(c *usage.CPU) uint64 { return c.User }, micro)},
	{"container_cpu_system_seconds", "counter", "CPU time used in the kernel.", cpu(func(c *usage.CPU) uint64 { return c.System }, micro)},
	{"container_cpu_cfs_periods", "counter", "Periods of the CPU quota.", cpu(func(c *usage.CPU) uint64 { return c.Periods }, 1)},
	{"container_cpu_cfs_throttled_periods", "counter", "Periods in which the quota was used up.", cpu(func(c *usage.CPU) uint64 { return c.Throttled }, 1)},
	{"container_cpu_cfs_throttled_seconds", "counter", "Time held back by the CPU quota.", cpu(func(c *usage.CPU) uint64 { return c.ThrottledTime }, micro)},
	{"container_spec_cpu_quota", "gauge", "CPU quota in microseconds a period; 0 is none.", cpu(func(c *usage.CPU) uint64 { return c.Quota }, 1)},
	{"container_spec_cpu_period", "gauge", "Period of the CPU quota in microseconds.", cpu(func(c *usage.CPU) uint64 { return c.Period }, 1)},
	{"container_memory_usage_bytes", "gauge", "Memory in use, with caches.", memory(func(m *usage.Memory) uint64 { return m.Usage })},
	{"container_memory_working_set_bytes", "gauge", "Memory in use that cannot be taken back easily.", memory((*usage.Memory).Working)},
	{"container_memory_rss", "gauge", "Anonymous memory.", memory(func(m *usage.Memory) uint64 { return m.RSS })},
	{"container_memory_cache", "gauge", "Page cache.", memory(func(m *usage.Memory) uint64 { return m.Cache })},
	{"container_memory_swap", "gauge", "Swap in use.", memory(func(m *usage.Memory) uint64 { return m.Swap })},
	{"container_memory_kernel_usage", "gauge", "Memory of the kernel.", memory(func(m *usage.Memory) uint64 { return m.Kernel })},
	{"container_memory_max_usage_bytes", "gauge", "Most memory ever in use.", memory(func(m *usage.Memory) uint64 { return m.Peak })},
	{"container_memory_failcnt", "counter", "Times that the memory limit was hit.", memory(func(m *usage.Memory) uint64 { return m.Failures })},
	{"container_spec_memory_limit_bytes", "gauge", "Memory limit; 0 is none.", memory(func(m *usage.Memory) uint64 { return m.Limit })},
	{"container_oom_events", "counter", "Processes killed for memory.", sampled(func(s *usage.Sample) (float64, bool) { return float64(s.OOMKills), true })},
	{"container_threads", "gauge", "Processes and threads.", sampled(func(s *usage.Sample) (float64, bool) {
		if s.Pids == nil {
			return 0, false
		}
		return float64(s.Pids.Current), true
	})},
	{"container_threads_max", "gauge", "Limit of processes and threads; 0 is none.", sampled(func(s *usage.Sample) (float64, bool) {
		if s.Pids == nil {
			return 0, false
		}
		return float64(s.Pids.Limit), true
	})},
	{"container_threads_refused", "counter", "Forks that the limit refused.", sampled(func(s *usage.Sample) (float64, bool) {
		if s.Pids == nil {
			return 0, false
		}
		return float64(s.Pids.Refused), true
	})},
	{"container_file_descriptors", "gauge", "Open descriptors.", sampled(func(s *usage.Sample) (float64, bool) { return float64(s.Files), s.Files >= 0 })},
	{"container_fs_reads_bytes", "counter", "Bytes read of a device.", disk(func(d *usage.IO) uint64 { return d.ReadBytes })},
	{"container_fs_writes_bytes", "counter", "Bytes written to a device.", disk(func(d *usage.IO) uint64 { return d.WriteBytes })},
	{"container_fs_reads", "counter", "Reads of a device.", disk(func(d *usage.IO) uint64 { return d.Reads })},
	{"container_fs_writes", "counter", "Writes to a device.", disk(func(d *usage.IO) uint64 { return d.Writes })},
	{"container_network_receive_bytes", "counter", "Bytes received.", network(func(n *usage.Net) uint64 { return n.ReceiveBytes })},
	{"container_network_receive_packets", "counter", "Packets received.", network(func(n *usage.Net) uint64 { return n.ReceivePackets })},
	{"container_network_receive_errors", "counter", "Errors at receiving.", network(func(n *usage.Net) uint64 { return n.ReceiveErrors })},
	{"container_network_receive_packets_dropped", "counter", "Packets dropped at receiving.", network(func(n *usage.Net) uint64 { return n.ReceiveDropped })},
	{"container_network_transmit_bytes", "counter", "Bytes sent.", network(func(n *usage.Net) uint64 { return n.TransmitBytes })},
	{"container_network_transmit_packets", "counter", "Packets sent.", network(func(n *usage.Net) uint64 { return n.TransmitPackets })},
	{"container_network_transmit_errors", "counter", "Errors at sending.", network(func(n *usage.Net) uint64 { return n.TransmitErrors })},
	{"container_network_transmit_packets_dropped", "counter", "Packets dropped at sending.", network(func(n *usage.Net) uint64 { return n.TransmitDropped })},
	{"container_pressure_cpu_waiting_seconds", "counter", "Time in which some process waited for a processor.", pressure("cpu", some)},
	{"container_pressure_cpu_stalled_seconds", "counter", "Time in which all waited for a processor.", pressure("cpu", full)},
	{"container_pressure_memory_waiting_seconds", "counter", "Time in which some process waited for memory.", pressure("memory", some)},
	{"container_pressure_memory_stalled_seconds", "counter", "Time in which all waited for memory.", pressure("memory", full)},
	{"container_pressure_io_waiting_seconds", "counter", "Time in which some process waited for a disk.", pressure("io", some)},
	{"container_pressure_io_stalled_seconds", "counter", "Time in which all waited for a disk.", pressure("io", full)},
	{"container_start_time_seconds", "gauge", "When the container was made, since 1970.", func(r *Row, put func(float64, ...string)) {
		if !r.Started.IsZero() {
			put(float64(r.Started.UnixMilli()) / 1000)
		}
	}},
	{"container_last_seen", "gauge", "When this was read, since 1970.", func(r *Row, put func(float64, ...string)) { put(float64(r.At.Unix())) }},
	{"gophertainer_restarts", "counter", "Restarts by policy.", func(r *Row, put func(float64, ...string)) { put(float64(r.Restarts)) }},
	{"gophertainer_healthy", "gauge", "1 healthy, 0 starting or unhealthy; absent without a check.", func(r *Row, put func(float64, ...string)) {
		switch r.Health {
		case "healthy":
			put(1)
		case "starting", "unhealthy":
			put(0)
		}
	}},
	{"gophertainer_exit_code", "gauge", "Code of the last end.", func(r *Row, put func(float64, ...string)) {
		if r.Exit != nil {
			put(float64(r.Exit.Code), "reason", r.Exit.Reason)
		}
	}},
}
