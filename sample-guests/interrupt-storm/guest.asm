; Four interrupts of a fast timer, twice, while the program does nothing but wait for them: first from the PIT through
; the PIC, whose end of interrupt is written to a port, then from the local APIC's own timer, whose end of interrupt is
; written to memory.

        org 0x1000
        bits 32

PIC_COMMAND     equ 0x20
PIC_DATA        equ 0x21
PIT_COUNTER_0   equ 0x40
PIT_CONTROL     equ 0x43
COM1            equ 0x3F8
PIC_VECTOR      equ 0x20
APIC_VECTOR     equ 0x30
COUNT           equ 4

APIC_EOI        equ 0xFEE000B0
APIC_TIMER      equ 0xFEE00320
APIC_INITIAL    equ 0xFEE00380
APIC_DIVIDE     equ 0xFEE003E0
PERIODIC        equ 1 << 17
MASKED          equ 1 << 16

ticks           equ 0x3000      ; not in the page of the code

start:
        mov esp, 0x8000
        lidt [idt_pointer]

; The master 8259, as every program of a PC sets it up; only IRQ 0 is let through.
        mov al, 0x11
        out PIC_COMMAND, al
        mov al, PIC_VECTOR
        out PIC_DATA, al
        mov al, 1 << 2
        out PIC_DATA, al
        mov al, 1
        out PIC_DATA, al
        mov al, 0xFE
        out PIC_DATA, al

        mov al, 0x14            ; counter 0, low byte only, mode 2: one clock low, DIVISOR - 1 high
        out PIT_CONTROL, al
        mov al, 2               ; the smallest divisor of mode 2: 1676 nanoseconds
        out PIT_COUNTER_0, al
;@ milestone pic-storm
        sti
        jmp $                   ; until the last tick's handler leads out of here
pic_done:
        mov dx, COM1
        mov al, 'P'
        out dx, al

        mov dword [ticks], 0
        mov dword [APIC_DIVIDE], 0xB            ; by 1: a count is a nanosecond
        mov dword [APIC_TIMER], PERIODIC | APIC_VECTOR
        mov dword [APIC_INITIAL], 400           ; four times as fast as the PIT can
;@ milestone apic-storm
        jmp $
apic_done:
        mov dx, COM1
        mov al, 'A'
        out dx, al
        mov al, 10
        out dx, al
;@ milestone both-done
        cli
        hlt

pic_tick:
;@ milestone pic-tick
        push eax
        inc dword [ticks]
        cmp dword [ticks], COUNT
        jb .end
        mov al, 0xFF            ; enough: every input is masked
        out PIC_DATA, al
        mov al, 0x10            ; and the counter stopped: mode 0 waits for a count
        out PIT_CONTROL, al
        mov dword [esp + 4], pic_done
.end:
        mov al, 0x20            ; OCW2: end of interrupt
        out PIC_COMMAND, al
        pop eax
        iret

apic_tick:
;@ milestone apic-tick
        inc dword [ticks]
        cmp dword [ticks], COUNT
        jb .end
        mov dword [APIC_TIMER], MASKED
        mov dword [esp], apic_done
.end:
        mov dword [APIC_EOI], 0
        iret

        align 8
idt:
        times PIC_VECTOR dq 0
        dw pic_tick, 0x08, 0x8E00, 0    ; 20H: 32-bit interrupt gate for ring 0
        times APIC_VECTOR - PIC_VECTOR - 1 dq 0
        dw apic_tick, 0x08, 0x8E00, 0   ; 30H
idt_end:

idt_pointer:
        dw idt_end - idt - 1
        dd idt
