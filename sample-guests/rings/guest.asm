; The same CLI twice: at ring 0, where it clears IF, and at ring 3, where it is a general-protection fault.
; It starts in flat 32-bit protected mode at ring 0. To go to ring 3 and come back, a kernel needs three things:
; descriptors for ring 3, a TSS that names the stack for the way back, and an interrupt gate for the fault.

        org 0x1000
        bits 32

KERNEL_CODE     equ 0x08
KERNEL_DATA     equ 0x10
USER_CODE       equ 0x18 + 3    ; the low two bits of a selector ask for a ring
USER_DATA       equ 0x20 + 3
TASK            equ 0x28
KERNEL_STACK    equ 0x8000
USER_STACK      equ 0x9000

start:
        mov esp, KERNEL_STACK
        lgdt [gdt_pointer]      ; entries 08H and 10H are as before, so CS, SS and DS need no reload
        lidt [idt_pointer]
        mov ax, TASK
        ltr ax                  ; also marks the TSS busy in the table
;@ milestone tables-loaded

        cli                     ; CPL 0 <= IOPL: runs
;@ milestone ring-0-done
        mov esi, ring_0_text
        call print

; There is no instruction "go to ring 3": a kernel pretends to return there.
        push USER_DATA          ; SS
        push USER_STACK         ; ESP
        push 2                  ; EFLAGS: IOPL 0, interrupts off
        push USER_CODE          ; CS
        push user_program       ; EIP
        iret                    ; DS and ES hold ring-0 data: the processor empties them on the way out

user_program:
;@ milestone in-ring-3
        cli                     ; CPL 3 > IOPL 0: #GP(0), and EIP stays here

; The gate led here: ring 0 again, on the stack that the TSS names.
general_protection:
;@ milestone fault-delivered
        mov ax, KERNEL_DATA
        mov ds, ax              ; DS is empty since the way out
        mov esi, ring_3_text
        call print
        hlt

; Writes the zero-terminated text at ESI to COM1.
print:
        mov dx, 0x3F8
.next:
        mov al, [esi]
        test al, al
        jz .done
        out dx, al
        inc esi
        jmp .next
.done:
        ret

ring_0_text:
        db "ring 0: ok", 10, 0
ring_3_text:
        db "ring 3: #GP", 10, 0

; Descriptors, lowest byte last: base, flags and limit, access rights, base, limit. All are already marked accessed.
        align 8
gdt:
        dq 0
        dq 0x00CF9B000000FFFF   ; 08H: code, ring 0, 4 GiB
        dq 0x00CF93000000FFFF   ; 10H: data, ring 0
        dq 0x00CFFB000000FFFF   ; 18H: code, ring 3
        dq 0x00CFF3000000FFFF   ; 20H: data, ring 3
        dw tss_end - tss - 1, tss, 0x8900, 0    ; 28H: available 32-bit TSS
gdt_end:

gdt_pointer:
        dw gdt_end - gdt - 1
        dd gdt

        align 8
idt:
        times 13 dq 0
        dw general_protection, KERNEL_CODE, 0x8E00, 0   ; 13: 32-bit interrupt gate for ring 0
idt_end:

idt_pointer:
        dw idt_end - idt - 1
        dd idt

; Of a TSS the processor reads here only the stack of ring 0.
        align 8
tss:
        dd 0, KERNEL_STACK, KERNEL_DATA
        times 104 - 12 db 0
tss_end:
