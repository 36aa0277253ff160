#include "textflag.h"

// func entry()
// Where the kernel begins, if the linker was told so (-E main.entry). Go code
// needs three things that the runtime else provides: a stack with a limit that
// its prologues compare with (offsets 0, 8, 16 and 24 of g), g in R14, and g in
// the thread's storage, at -8(FS), for calls from assembly.
TEXT ·entry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0-0
	MOVQ	SP, BX
	LEAQ	·stack(SB), CX
	LEAQ	·g(SB), R14
	MOVQ	CX, 0(R14)
	LEAQ	4096(CX), DX
	MOVQ	DX, 16(R14)
	MOVQ	DX, 24(R14)
	LEAQ	262144(CX), SP
	ANDQ	$~63, SP
	MOVQ	SP, 8(R14)
	MOVQ	R14, ·thread(SB)
	LEAQ	·thread+8(SB), SI
	MOVQ	$0x1002, DI	// ARCH_SET_FS
	MOVQ	$158, AX	// arch_prctl
	SYSCALL
	XORPS	X15, X15
	SUBQ	$64, SP
	MOVQ	BX, 0(SP)
	CALL	·begin(SB)
	INT	$3
