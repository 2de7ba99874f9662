; Ten ticks of the timer: interrupt controller, timer, interrupt gate, and a program that sleeps in HLT between them.
; The handler prints a dot for each tick.

        org 0x1000
        bits 32

PIC_COMMAND     equ 0x20
PIC_DATA        equ 0x21
PIT_COUNTER_0   equ 0x40
PIT_CONTROL     equ 0x43
COM1            equ 0x3F8
TIMER_VECTOR    equ 0x20
DIVISOR         equ 11932       ; 1193182 Hz / 11932 = 100 Hz

start:
        mov esp, 0x8000
        lidt [idt_pointer]

; The master 8259. Nobody initializes the slave, so it stays silent.
        mov al, 0x11            ; ICW1: edges, a cascade, ICW4 follows
        out PIC_COMMAND, al
        mov al, TIMER_VECTOR    ; ICW2: IRQ 0 is vector 20H
        out PIC_DATA, al
        mov al, 1 << 2          ; ICW3: the slave hangs on input 2
        out PIC_DATA, al
        mov al, 1               ; ICW4: 8086 vectors, each interrupt needs an EOI
        out PIC_DATA, al
        mov al, 0xFE            ; OCW1: every input but IRQ 0 is masked
        out PIC_DATA, al

        mov al, 0x34            ; counter 0, low byte then high byte, mode 2: a pulse every DIVISOR clocks
        out PIT_CONTROL, al
        mov al, DIVISOR & 0xFF
        out PIT_COUNTER_0, al
        mov al, DIVISOR >> 8
        out PIT_COUNTER_0, al
;@ milestone timer-started

        sti
.wait:
        hlt                     ; guest time leaps to the next tick
        cmp dword [ticks], 10
        jb .wait
;@ milestone ten-ticks
        cli
        mov dx, COM1
        mov al, 10
        out dx, al
        hlt                     ; interrupts are off: the end

; The gate has switched interrupts off; IRET puts back the flags, and with them IF.
timer:
;@ milestone tick
        push eax
        push edx
        inc dword [ticks]
        mov dx, COM1
        mov al, '.'
        out dx, al
        mov al, 0x20            ; OCW2: end of interrupt
        out PIC_COMMAND, al
        pop edx
        pop eax
        iret

        align 8
ticks:
        dd 0

        align 8
idt:
        times TIMER_VECTOR dq 0
        dw timer, 0x08, 0x8E00, 0       ; 20H: 32-bit interrupt gate for ring 0
idt_end:

idt_pointer:
        dw idt_end - idt - 1
        dd idt
