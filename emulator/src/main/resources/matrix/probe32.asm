; A probe in protected mode: goes to ring RING and executes one instruction there, with every vector leading to a handler in ring 0
; that ends the run with the vector's number. Tables lie in a page of their own, and so does all that is written.

        org 0x1000
        bits 32

%define NAX eax
%define XAX eax
%include "ring.inc"                      ; defines RING
DATA            equ 0x3000
USER_STACK      equ 0x3C00
STACK           equ 0x4000
IDT             equ 0x2000
GDT             equ 0x2400
TSS             equ 0x2500
OTHER_TSS       equ 0x2600
TASK            equ 0x28
OTHER_TASK      equ 0x30
TABLE           equ 0x38
PE              equ 1
%if RING
CODE            equ 0x18 + 3
STACK_SEGMENT   equ 0x20 + 3
%else
CODE            equ 0x08
STACK_SEGMENT   equ 0x10
%endif

%macro empty_registers 0
        xor eax, eax
        xor ebx, ebx
        xor ecx, ecx
        xor edx, edx
        xor esi, esi
        xor edi, edi
        xor ebp, ebp
%endmacro

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
        mov word [TSS+0x66], 0x68       ; no I/O permission map
        mov dword [OTHER_TSS+0x20], after
        mov dword [OTHER_TSS+0x24], 2
        mov dword [OTHER_TSS+0x38], STACK
        mov dword [OTHER_TSS+0x4C], 0x08
        mov dword [OTHER_TSS+0x50], 0x10
        mov dword [OTHER_TSS+0x54], 0x10
        mov word [OTHER_TSS+0x66], 0x68
        mov ax, TASK
        ltr ax
        mov dword [DATA], 0
        push eax
        pop eax
        empty_registers
%include "kernel.inc"
%if RING
%ifndef FLAGS
%define FLAGS 0x202
%endif
        sti
        push STACK_SEGMENT
        push USER_STACK
        push FLAGS
        push CODE
        push user
        iret
user:
        push STACK_SEGMENT
        pop ds
        push STACK_SEGMENT
        pop es
        empty_registers
%endif
%include "before.inc"
probe:
%include "instruction.inc"
after:
        int 0x30

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
nothing:
        dw 0
        dq 0
gdt:
        dq 0
        dq 0x00CF9B000000FFFF           ; 08H: code, ring 0
        dq 0x00CF93000000FFFF           ; 10H: data, ring 0
        dq 0x00CFFB000000FFFF           ; 18H: code, ring 3
        dq 0x00CFF3000000FFFF           ; 20H: data, ring 3
        dw 0x67, TSS, 0x8900, 0         ; 28H: TSS
        dw 0x67, OTHER_TSS, 0x8900, 0   ; 30H: TSS
        dw 0x0F, DATA, 0x8200, 0        ; 38H: LDT
gdt_end:
