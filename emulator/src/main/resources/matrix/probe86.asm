; A probe in virtual-8086 mode: a protected-mode kernel that enters it and executes one instruction there, with every vector leading to
; a handler in ring 0 that ends the run with the vector's number. All segments begin at 0.

        org 0x1000
        bits 32

DATA            equ 0x3000
USER_STACK      equ 0x3C00
STACK           equ 0x4000
IDT             equ 0x2000
GDT             equ 0x2400
TSS             equ 0x2500
TASK            equ 0x18
IO_MAP          equ 0x88                ; behind the 32 bytes of the software interrupt redirection map

        mov esp, STACK
        cld
        mov esi, gdt
        mov edi, GDT
        mov ecx, gdt_end - gdt
        rep movsb
        mov edi, IDT
        mov eax, handlers
        mov ecx, 0x31
gate:
        mov [edi], ax
        mov dword [edi+2], 0xEE000008   ; 32-bit interrupt gates to ring 0, allowed for ring 3
        mov word [edi+6], 0
        add edi, 8
        add eax, 5                      ; the length of a call
        loop gate
        lgdt [gdt_pointer]
        lidt [idt_pointer]
        mov dword [TSS+4], STACK        ; the stack of ring 0
        mov dword [TSS+8], 0x10
        mov word [TSS+0x66], 0xFFFF     ; no I/O permission map
        mov byte [TSS+IO_MAP+0x11], 0xFF ; behind port 80H
        mov ax, TASK
        ltr ax
        mov dword [DATA], 0
%include "kernel.inc"
%ifndef FLAGS
%define FLAGS 0x20202
%endif
        xor eax, eax
        push eax                        ; GS, FS, DS, ES
        push eax
        push eax
        push eax
        push eax                        ; SS
        push USER_STACK
        push FLAGS
        push eax                        ; CS
        push user
        iret
        bits 16
user:
        mov word [DATA], 0
        push ax
        pop ax
%include "before.inc"
probe:
%include "instruction.inc"
after:
        int 0x30
        bits 32

; A debug exit with the vector: handler n calls from handlers + 5n.
finish:
        pop eax
        sub eax, handlers + 5
        mov cl, 5
        div cl
        out 0xF4, al
        hlt
handlers:
        times 0x31 call finish
gdt_pointer:
        dw gdt_end - gdt - 1
        dd GDT
idt_pointer:
        dw 0x31 * 8 - 1
        dd IDT
gdt:
        dq 0
        dq 0x00CF9B000000FFFF           ; 08H: code, ring 0
        dq 0x00CF93000000FFFF           ; 10H: data, ring 0
        dw IO_MAP + 0x11, TSS, 0x8900, 0 ; 18H: TSS
gdt_end:
