; The same CLI at ring 0 and at ring 3. The first one runs; the second one is a fault, which the kernel takes.

        org 0x1000
        bits 32

KERNEL_CODE     equ 0x08
KERNEL_DATA     equ 0x10
USER_CODE       equ 0x18 + 3    ; the low two bits of a selector ask for a ring
USER_DATA       equ 0x20 + 3
TASK            equ 0x28
KERNEL_STACK    equ 0x8000
USER_STACK      equ 0x9000
PROTECTION      equ 13          ; the vector of a general-protection fault

start:
        mov esp, KERNEL_STACK
        lgdt [gdt_pointer]
        lidt [idt_pointer]
        mov ax, TASK
        ltr ax                  ; from here on the processor knows the kernel's stack
        sti
;@ milestone kernel
        cli                     ; at ring 0
;@ milestone kernel-done
        push USER_DATA          ; a kernel goes to ring 3 by pretending to return there
        push USER_STACK
        push 2                  ; flags: interrupts off, IOPL 0
        push USER_CODE
        push program
        iret

program:
;@ milestone program
        cli                     ; at ring 3
;@ milestone program-done
        hlt                     ; a program cannot stop the machine either

handler:
;@ milestone handler
        mov dx, 0x3F8
        mov al, '!'
        out dx, al
        hlt

        align 8, db 0
gdt:    dq 0
        dq 0x00CF9B000000FFFF   ; ring-0 code
        dq 0x00CF93000000FFFF   ; ring-0 data
        dq 0x00CFFB000000FFFF   ; ring-3 code
        dq 0x00CFF3000000FFFF   ; ring-3 data
        dw tss_end - tss - 1, tss       ; the task-state segment
        db 0, 0x89, 0, 0
gdt_end:
idt:    times PROTECTION dq 0
        dw handler, KERNEL_CODE, 0x8E00, 0      ; an interrupt gate
idt_end:
tss:    dd 0, KERNEL_STACK, KERNEL_DATA         ; the stack for ring 0
        times 22 dd 0
        dw 0, tss_end - tss     ; no bitmap of ports
tss_end:
gdt_pointer:
        dw gdt_end - gdt - 1
        dd gdt
idt_pointer:
        dw idt_end - idt - 1
        dd idt
