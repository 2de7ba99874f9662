; Ten ticks of the timer: interrupt controller, timer, interrupt gate, and a program that sleeps in HLT between them.
; The handler prints a dot for each tick.

        org 0x1000
%ifdef XEN_PV
; The port for Xen. Timer and interrupt controller are the hypervisor's: a virtual interrupt comes through an event channel,
; by bits in a page that the guest shares with Xen, and Xen calls the guest back.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x3000      ; the shared page is mapped here, on top of an empty one
MEMORY_END      equ 0x4000

SET_CALLBACKS   equ HYPERCALL_PAGE + 4 * 32
UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32    ; update_va_mapping
SET_TIMER       equ HYPERCALL_PAGE + 15 * 32    ; set_timer_op
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
XEN_IRET        equ HYPERCALL_PAGE + 23 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32
EVENT_OP        equ HYPERCALL_PAGE + 32 * 32    ; event_channel_op

; Of the shared page: what concerns the one processor, and a bit for each port.
UPCALL_PENDING  equ SHARED_INFO + 0
UPCALL_MASK     equ SHARED_INFO + 1
PENDING_WORDS   equ SHARED_INFO + 8
TIME            equ SHARED_INFO + 32
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
%elifdef XEN_PVH
; The port for a domain on virtualizing hardware that starts by PVH: the local APIC is its only device, and the timer in it ticks.
        bits 32

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it where it is asked to
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

APIC_EOI        equ 0xFEE000B0
APIC_SPURIOUS   equ 0xFEE000F0
APIC_LVT_TIMER  equ 0xFEE00320
APIC_COUNT      equ 0xFEE00380
APIC_DIVIDE     equ 0xFEE003E0
TIMER_VECTOR    equ 0x20
PERIOD          equ 10000000    ; of a clock with one tick a nanosecond: 100 Hz

file:   db 0x7F, "ELF", 1, 1, 1, 0
        dq 0
        dw 2, 3                 ; an executable for 32-bit x86
        dd 1
        dd start, headers - file, 0
        dd 0
        dw 52, 32, 2, 40, 0, 0
headers:
        dd 1, 0, file, file     ; this file is loaded, with an empty page behind it,
        dd file_end - file, 0x2000, 7, 0x1000
        dd 4, notes - file, notes, notes        ; and has notes
        dd notes_end - notes, notes_end - notes, 4, 4

notes:  dd 4, 4, 18             ; PHYS32_ENTRY
        db "Xen", 0
        dd start
notes_end:
%else
        bits 32

PIC_COMMAND     equ 0x20
PIC_DATA        equ 0x21
PIT_COUNTER_0   equ 0x40
PIT_CONTROL     equ 0x43
COM1            equ 0x3F8
TIMER_VECTOR    equ 0x20
DIVISOR         equ 11932       ; 1193182 Hz / 11932 = 100 Hz
%endif

start:
%ifdef XEN_PV
        mov rsi, [rsi + 40]     ; RSI: start_info; its shared_info is the page's machine address
        or rsi, 3               ; present and writable
        mov edi, SHARED_INFO
        mov edx, 2              ; UVMF_INVLPG
        call UPDATE_VA

        mov edi, timer          ; the event callback;
        xor esi, esi            ; no failsafe callback,
        xor edx, edx            ; and no system calls
        call SET_CALLBACKS
        mov edi, 1              ; EVTCHNOP_bind_virq
        mov esi, binding
        call EVENT_OP

        call now
        mov [next], rax
        call next_tick
;@ milestone timer-started

.wait:
        mov edi, 1              ; SCHEDOP_block: switches events on, and sleeps
        xor esi, esi
        call SCHED_OP           ; guest time leaps to the next tick
        cmp dword [ticks], 10
        jb .wait
;@ milestone ten-ticks
        mov byte [UPCALL_MASK], 1
        mov esi, 1
        mov edx, newline
        call print
        mov edi, 2              ; SCHEDOP_shutdown
        mov esi, reason
        call SCHED_OP           ; does not return

; Xen has switched events off, and pushed SS, RSP, RFLAGS, CS, RIP, R11 and RCX; the hypercall iret puts back all of them.
timer:
;@ milestone tick
        push rax
        push rdx
        push rsi
        push rdi
        mov byte [UPCALL_PENDING], 0
        xor eax, eax
        xchg rax, [PENDING_WORDS]       ; words of the port bits in which something happened: the first
        mov eax, [binding + 8]
        lock btr [PENDING], rax         ; our port
        inc dword [ticks]
        call next_tick
        mov esi, 1
        mov edx, dot
        call print
        pop rdi
        pop rsi
        pop rdx
        pop rax
        pop rcx
        pop r11
        push 0                  ; not from a system call: RCX and R11 count
        jmp XEN_IRET

; An alarm, 10 ms of Xen's time after the last: 100 Hz. Xen has a periodic timer too, but it does not wake who sleeps.
next_tick:
        mov rdi, [next]
        add rdi, 10000000
        mov [next], rdi
        jmp SET_TIMER

; RAX: nanoseconds since Xen began, as the shared page says: at which TSC it was what time, and how fast the TSC runs.
now:
        mov esi, [TIME]         ; odd while Xen changes the rest
        rdtsc
        shl rdx, 32
        or rax, rdx
        sub rax, [TIME + 8]
        mov cl, [TIME + 28]     ; shift; to the right where it is negative
        test cl, cl
        js .right
        shl rax, cl
        jmp .scaled
.right:
        neg cl
        shr rax, cl
.scaled:
        mov edx, [TIME + 24]
        mul rdx
        shrd rax, rdx, 32
        add rax, [TIME + 16]
        test esi, 1
        jnz now
        cmp esi, [TIME]
        jne now
        ret

; Prints ESI characters at RDX.
print:
        xor edi, edi            ; CONSOLEIO_write
        jmp CONSOLE_IO

dot:    db '.'
newline:
        db 10
        align 8, db 0
ticks:  dd 0
reason: dd 0                    ; SHUTDOWN_poweroff
next:   dq 0
binding:
        dd 0, 0, 0              ; VIRQ_TIMER, of processor 0; Xen writes the port here
file_end:
%elifdef XEN_PVH
        mov esp, file           ; a stack below the file
        lgdt [gdt_pointer]
        jmp 0x08:.flat          ; IRET wants a selector to go back to
.flat:
        lidt [idt_pointer]
        mov eax, 0x40000002     ; the leaf that says which register fills the page: EBX
        cpuid
        mov ecx, ebx
        mov eax, HYPERCALL_PAGE
        xor edx, edx
        wrmsr

        mov dword [APIC_SPURIOUS], 0x1FF        ; on
        mov dword [APIC_DIVIDE], 0x0B           ; by 1
        mov dword [APIC_LVT_TIMER], 1 << 17 | TIMER_VECTOR      ; periodic
        mov dword [APIC_COUNT], PERIOD
;@ milestone timer-started

        sti
.wait:
        hlt                     ; guest time leaps to the next tick
        cmp dword [ticks], 10
        jb .wait
;@ milestone ten-ticks
        cli
        mov edx, newline
        call print
        mov ebx, 2              ; SCHEDOP_shutdown
        mov ecx, reason
        call SCHED_OP           ; does not return

timer:
;@ milestone tick
        pushad
        inc dword [ticks]
        mov edx, dot
        call print
        mov dword [APIC_EOI], 0
        popad
        iret

; Prints the character at EDX.
print:
        xor ebx, ebx            ; CONSOLEIO_write
        mov ecx, 1
        jmp CONSOLE_IO

dot:    db '.'
newline:
        db 10
        align 8, db 0
ticks:  dd 0
reason: dd 0                    ; SHUTDOWN_poweroff

gdt:    dq 0
        dq 0x00CF9B000000FFFF   ; 08: flat code
gdt_pointer:
        dw gdt_pointer - gdt - 1
        dd gdt

        align 8, db 0
idt:    times TIMER_VECTOR dq 0
        dw timer, 0x08, 0x8E00, 0       ; 20H: 32-bit interrupt gate for ring 0
idt_end:
idt_pointer:
        dw idt_end - idt - 1
        dd idt
file_end:
%else
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
%endif
