package wall

import "github.com/google/nftables"

// order is the order in which the sets are made: always the same.
var order = []string{
	"links", "pairs", "closed", "inside4", "inside6", "any4", "any6", "on4", "on6",
	"guard4", "guard6", "watch4", "watch6", "to4", "to6", "port4", "port6", "seen4", "seen6",
}

var (
	proto   = nftables.TypeInetProto
	service = nftables.TypeInetService
	ip4     = nftables.TypeIPAddr
	ip6     = nftables.TypeIP6Addr
	ifname  = nftables.TypeIFName
	concat  = nftables.MustConcatSetType
)

// shapes are the sets and maps:
//
//	links      interfaces of ours that lead to containers
//	pairs      from one of them to another, allowed
//	closed     those without a way out
//	inside     addresses that are masqueraded on their way out
//	any, on    published ports: on every address of the host, on one
//	guard      containers that may send only where to and port say
//	watch      containers of which that is only reported
//	seen       what was sent elsewhere
var shapes = map[string]*nftables.Set{
	"links":   {KeyType: ifname},
	"closed":  {KeyType: ifname},
	"pairs":   {KeyType: concat(ifname, ifname), Concatenation: true},
	"inside4": {KeyType: ip4, Interval: true},
	"inside6": {KeyType: ip6, Interval: true},
	"any4":    {KeyType: concat(proto, service), DataType: concat(ip4, service), IsMap: true, Concatenation: true},
	"any6":    {KeyType: concat(proto, service), DataType: concat(ip6, service), IsMap: true, Concatenation: true},
	"on4":     {KeyType: concat(proto, ip4, service), DataType: concat(ip4, service), IsMap: true, Concatenation: true},
	"on6":     {KeyType: concat(proto, ip6, service), DataType: concat(ip6, service), IsMap: true, Concatenation: true},
	"guard4":  {KeyType: ip4},
	"guard6":  {KeyType: ip6},
	"watch4":  {KeyType: ip4},
	"watch6":  {KeyType: ip6},
	"to4":     {KeyType: concat(ip4, ip4), Concatenation: true, Interval: true},
	"to6":     {KeyType: concat(ip6, ip6), Concatenation: true, Interval: true},
	"port4":   {KeyType: concat(ip4, ip4, proto, service), Concatenation: true, Interval: true},
	"port6":   {KeyType: concat(ip6, ip6, proto, service), Concatenation: true, Interval: true},
	"seen4":   {KeyType: concat(ip4, ip4, proto, service), Concatenation: true, Dynamic: true, HasTimeout: true, Timeout: day, Size: 65535},
	"seen6":   {KeyType: concat(ip6, ip6, proto, service), Concatenation: true, Dynamic: true, HasTimeout: true, Timeout: day, Size: 65535},
}
