; A probe in real mode: executes one instruction, with every vector leading to a handler that ends the run with the vector's number.

        org 0x1000
        bits 16

%define NAX ax
%define XAX eax
DATA            equ 0x3000
STACK           equ 0x4000
CODE            equ 0
STACK_SEGMENT   equ 0
PE              equ 0

        mov sp, STACK
        cld
        xor di, di
        mov ax, handlers
        mov cx, 0x31
vector:
        mov [di], ax
        mov word [di+2], 0
        add di, 4
        add ax, 3               ; the length of a call
        loop vector
        mov dword [DATA], 0
        mov bp, STACK
        push ax
        pop ax
%include "kernel.inc"
%include "before.inc"
probe:
%include "instruction.inc"
after:
        int 0x30

; A debug exit with the vector: handler n calls from handlers + 3n.
finish:
        pop ax
        sub ax, handlers + 3
        mov cl, 3
        div cl
        out 0xF4, al
        hlt
handlers:
        times 0x31 call finish
gdt_pointer:
        dw 0x37
        dd 0x2400
idt_pointer:
        dw 0x3FF
        dd 0
