; Four interrupts of a fast timer, twice, while the program does nothing but wait for them: first from the PIT through
; the PIC, whose end of interrupt is written to a port, then from the local APIC's own timer, whose end of interrupt is
; written to memory.

        org 0x1000

COUNT           equ 4

%ifdef XEN_PV
; The port for Xen: no interrupts, but events at two ports. First an alarm, set for a time that has passed as soon as one has come;
; then the guest sends itself the next event as soon as one has come. An end of interrupt is a bit that the guest clears.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x3000      ; the shared page is mapped here, on top of an empty one
MEMORY_END      equ 0x4000

SET_CALLBACKS   equ HYPERCALL_PAGE + 4 * 32
UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32    ; update_va_mapping
SET_TIMER       equ HYPERCALL_PAGE + 15 * 32    ; set_timer_op
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
XEN_IRET        equ HYPERCALL_PAGE + 23 * 32
VCPU_OP         equ HYPERCALL_PAGE + 24 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32
EVENT_OP        equ HYPERCALL_PAGE + 32 * 32    ; event_channel_op

UPCALL_PENDING  equ SHARED_INFO + 0
UPCALL_MASK     equ SHARED_INFO + 1
PENDING_WORDS   equ SHARED_INFO + 8
PENDING         equ SHARED_INFO + 0x800

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62                ; an executable for x86-64
        dd 1
        dq start, headers - file, 0
        dd 0
        dw 64, 56, 2, 64, 0, 0
headers:
        dd 1, 7                 ; this file is loaded, with empty pages behind it,
        dq 0, file, file, file_end - file, MEMORY_END - 0x1000, 0x1000
        dd 4, 4                 ; and has notes
        dq notes - file, notes, notes, notes_end - notes, notes_end - notes, 4

%macro note 2+                  ; type, value
        dd 4, %%end - %%value, %1
        db "Xen", 0
%%value: %2
%%end:  align 4, db 0
%endmacro

notes:  note 5, db "xen-3.0", 0         ; the interface
        note 8, db "generic", 0         ; the loader
        note 3, dq 0                    ; frame 0 of the domain is mapped to address 0
        note 1, dq start
        note 2, dq HYPERCALL_PAGE
notes_end:
%else
        bits 32

PIC_COMMAND     equ 0x20
PIC_DATA        equ 0x21
PIT_COUNTER_0   equ 0x40
PIT_CONTROL     equ 0x43
COM1            equ 0x3F8
PIC_VECTOR      equ 0x20
APIC_VECTOR     equ 0x30

APIC_EOI        equ 0xFEE000B0
APIC_TIMER      equ 0xFEE00320
APIC_INITIAL    equ 0xFEE00380
APIC_DIVIDE     equ 0xFEE003E0
PERIODIC        equ 1 << 17
MASKED          equ 1 << 16

ticks           equ 0x3000      ; not in the page of the code
%endif

start:
%ifdef XEN_PV
        mov rsi, [rsi + 40]     ; RSI: start_info; its shared_info is the page's machine address
        or rsi, 3               ; present and writable
        mov edi, SHARED_INFO
        mov edx, 2              ; UVMF_INVLPG
        call UPDATE_VA
        mov edi, upcall         ; the event callback;
        xor esi, esi            ; no failsafe callback,
        xor edx, edx            ; and no system calls
        call SET_CALLBACKS
        mov edi, 7              ; VCPUOP_stop_periodic_timer
        xor esi, esi            ; of processor 0
        xor edx, edx
        call VCPU_OP
        mov edi, 1              ; EVTCHNOP_bind_virq
        mov esi, timer
        call EVENT_OP
        mov edi, 7              ; EVTCHNOP_bind_ipi
        mov esi, self
        call EVENT_OP

        mov byte [UPCALL_MASK], 0
;@ milestone timer-storm
        call next_alarm         ; Xen may call back before this comes back
        jmp $                   ; until the last event's handler leads out of here
timer_done:
        mov edx, letters
        call print

        mov dword [ticks], 0
        mov dword [port], self + 4
        mov dword [next], next_event
        mov dword [done], self_done
;@ milestone event-storm
        call next_event
        jmp $
self_done:
        mov byte [UPCALL_MASK], 1
        mov edx, letters + 1
        call print
        mov edx, letters + 2
        call print
;@ milestone both-done
        mov edi, 2              ; SCHEDOP_shutdown
        mov esi, reason
        call SCHED_OP           ; does not return

; Xen has switched events off, and pushed SS, RSP, RFLAGS, CS, RIP, R11 and RCX; the hypercall iret puts back all of them.
upcall:
;@ milestone event
        push rax
        push rdx
        push rsi
        push rdi
        mov byte [UPCALL_PENDING], 0
        xor eax, eax
        xchg rax, [PENDING_WORDS]       ; words of the port bits in which something happened: the first
        mov eax, [port]
        mov eax, [rax]
        lock btr [PENDING], rax         ; the port that storms
        inc dword [ticks]
        cmp dword [ticks], COUNT
        jb .more
        mov eax, [done]
        mov [rsp + 6 * 8], rax          ; RIP
        jmp .end
.more:
        call [next]
.end:
        pop rdi
        pop rsi
        pop rdx
        pop rax
        pop rcx
        pop r11
        push 0                  ; not from a system call: RCX and R11 count
        jmp XEN_IRET

next_alarm:
        mov edi, 1              ; a time that has passed, so at once
        jmp SET_TIMER

next_event:
        mov edi, 4              ; EVTCHNOP_send
        mov esi, self + 4       ; its port
        jmp EVENT_OP

; Prints the character at RDX.
print:
        xor edi, edi            ; CONSOLEIO_write
        mov esi, 1
        jmp CONSOLE_IO

letters:
        db "TE", 10
        align 8, db 0
next:   dq next_alarm
done:   dq timer_done
port:   dd timer + 8            ; where the number of the port is
ticks:  dd 0
timer:  dd 0, 0, 0              ; VIRQ_TIMER, of processor 0; Xen writes the port here
self:   dd 0, 0                 ; processor 0; Xen writes the port here
reason: dd 0                    ; SHUTDOWN_poweroff
file_end:
%else
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
%endif
