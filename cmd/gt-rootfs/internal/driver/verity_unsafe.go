package driver

import "unsafe"

// verityArg is struct fsverity_enable_arg (include/uapi/linux/fsverity.h).
type verityArg struct {
	version, algorithm, block, saltSize uint32
	salt                                uint64
	sigSize, reserved1                  uint32
	sig                                 uint64
	reserved2                           [11]uint64
}

const enableVerityRequest = 0x40806685 // _IOW('f', 133, struct fsverity_enable_arg)

// enableVerity holds a file by SHA-256 over blocks of a size in bytes.
func enableVerity(fd int, block uint32) error {
	return ioctl(fd, enableVerityRequest, unsafe.Pointer(&verityArg{version: 1, algorithm: 1, block: block}))
}
