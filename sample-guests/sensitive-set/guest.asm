; The instructions that show or change privileged state and run in every ring: Robin and Irvine's list for the Pentium.
; A kernel performs each of them once, and prints what it saw. On a machine of its own a line says what the manual says.
; Deprivileged, most of them do not fault, so nobody is asked, and the line tells whose machine it really is.

        org 0x1000
        bits 32

KERNEL_CODE     equ 0x08
KERNEL_DATA     equ 0x10
TASK            equ 0x18
LOCAL           equ 0x20
UNUSED          equ 0x28
RING_1          equ 1           ; the low two bits of a selector ask for a ring

STACK           equ 0x8000
memory          equ 0x2000
TASK_STATE      equ 0x3000      ; no ring is ever changed: nobody reads this TSS
LOCAL_TABLE     equ 0x3800
COM1            equ 0x3F8
VECTOR          equ 0x20
IF_AND_IOPL     equ 0x3200

start:
        jmp kernel

; Descriptors, lowest byte last: base, flags and limit, access rights, base, limit.
        align 8, db 0
gdt:    dq 0
        dq 0x00CF9B000000FFFF           ; 08H: code, ring 0, 4 GiB
        dq 0x00CF93000000FFFF           ; 10H: data, ring 0
        dw 0x67, TASK_STATE, 0x8900, 0  ; 18H: available 32-bit TSS
        dw 7, LOCAL_TABLE, 0x8200, 0    ; 20H: local descriptor table
        dq 0x00CF92000000FFFF           ; 28H: data, ring 0; nobody has used it: its accessed bit is clear
gdt_end:

idt:    times 13 dq 0
        dw general_protection, KERNEL_CODE, 0x8E00, 0   ; 13: 32-bit interrupt gate for ring 0
        times VECTOR - 14 dq 0
        dw interrupt, KERNEL_CODE, 0x8E00, 0            ; 20H
idt_end:

gdt_pointer:
        dw gdt_end - gdt - 1
        dd gdt
idt_pointer:
        dw idt_end - idt - 1
        dd idt

kernel:
        mov esp, STACK
        lgdt [gdt_pointer]      ; entries 08H and 10H are as before, so CS, SS and DS need no reload
        lidt [idt_pointer]
        mov ax, LOCAL
        lldt ax
        mov ax, TASK
        ltr ax
        mov esi, names

; Where are the tables, and which are the selectors in LDTR and TR (below)?
;@ milestone registers
        sgdt [memory]
        mov eax, [memory + 2]   ; the base
        call print
        sidt [memory]
        mov eax, [memory + 2]
        call print
        sldt ax
        movzx eax, ax
        call print
        smsw ax                 ; the low half of CR0
        movzx eax, ax
        call print

; Flags: IF and IOPL are the kernel's to set.
;@ milestone flags
        pushfd
        pop eax
        and eax, IF_AND_IOPL    ; interrupts are off since the start
        call print
        push 0x3002             ; IOPL 3
        popfd
        pushfd
        pop eax
        and eax, IF_AND_IOPL
        push 2                  ; IOPL 0 again
        popfd
        call print

; What does a descriptor allow? The answers depend on the ring of who asks.
;@ milestone descriptors
        mov cx, KERNEL_CODE
        lar eax, ecx
        and eax, 0x00F0FF00     ; the other bits are undefined
        call print
        mov cx, KERNEL_DATA
        lsl eax, ecx
        call print
        mov cx, UNUSED
        verr cx
        mov eax, 0
        setz al                 ; 1: it can be read
        call print
        mov cx, UNUSED
        verw cx
        mov eax, 0
        setz al                 ; 1: it can be written
        call print

; Segment registers and far transfers. A selector that asks for ring 1 names a segment of ring 0 here, or code of another
; ring than this: three times a general-protection fault, after which the kernel goes on at EBX.
;@ milestone segments
        mov ebx, .popped
        push KERNEL_DATA + RING_1
        pop es
        mov eax, es             ; no fault: what is there now?
        call print
.popped:
        mov esp, STACK
        push cs
        pop eax
        movzx eax, ax
        call print
        call KERNEL_CODE:.called
.called:
        movzx eax, word [esp + 4]       ; the CS that it pushed
        mov esp, STACK
        call print
        mov ebx, .jumped
        jmp KERNEL_CODE + RING_1:.there
.there:
        mov eax, cs
        call print
.jumped:
        int VECTOR
        mov eax, edi            ; the CS that it pushed
        call print
        mov ebx, .returned
        push KERNEL_CODE + RING_1
        push .back
        retf
.back:
        mov eax, cs
        call print
.returned:
        mov esp, STACK
        str ax
        movzx eax, ax
        call print
        mov eax, ss
        call print
;@ milestone all-done
        hlt                     ; interrupts are off: the end

general_protection:
        call print_name
        mov al, '#'
        out dx, al
        mov al, 'G'
        out dx, al
        mov al, 'P'
        out dx, al
        mov al, 10
        out dx, al
        add esp, 4              ; the error code is the handler's to remove
        mov [esp], ebx
        iret

interrupt:
        movzx edi, word [esp + 4]
        iret

; Prints the next name, and EAX.
print:
        mov ebp, eax
        call print_name
        mov ecx, 8
.digit:
        rol ebp, 4
        mov eax, ebp
        and eax, 15
        mov al, [digits + eax]
        out dx, al
        dec ecx
        jnz .digit
        mov al, 10
        out dx, al
        ret

; Prints the six characters at ESI; DX: COM1.
print_name:
        mov ecx, 6
        mov dx, COM1
.letter:
        lodsb
        out dx, al
        dec ecx
        jnz .letter
        ret

names:  db "SGDT  SIDT  SLDT  SMSW  PUSHF POPF  LAR   LSL   VERR  VERW  "
        db "POP   PUSH  CALL  JMP   INT   RET   STR   MOV   "
digits: db "0123456789ABCDEF"
