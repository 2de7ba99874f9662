; What time is it? The same delay is measured by every clock that there is: the PIT of the PC, the processor's time stamps, and the clock that
; KVM or Xen shares with guests that know it. Each prints nanoseconds; what differs is how often a reading leaves the guest.

        org 0x1000

ROUNDS          equ 10051       ; of the delay, two instructions each

%ifdef XEN_PV
; The port for Xen. A domain has no PIT, but an alarm of Xen's, and a page in which Xen says how to make times of time stamps.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x3000      ; the shared page is mapped here, on top of an empty one
MEMORY_END      equ 0x4000

UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32    ; update_va_mapping
SET_TIMER       equ HYPERCALL_PAGE + 15 * 32    ; set_timer_op
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
VCPU_OP         equ HYPERCALL_PAGE + 24 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32
EVENT_OP        equ HYPERCALL_PAGE + 32 * 32    ; event_channel_op

NAP             equ 20000       ; nanoseconds

; The clock of the one processor: struct vcpu_time_info.
version         equ SHARED_INFO + 32    ; odd while it is being written
time_stamp      equ version + 8         ; the processor's, at
system_time     equ version + 16        ; this time in nanoseconds since Xen began
multiplier      equ version + 24        ; time = system time + (((stamps since) << shift) * multiplier >> 32)
shift           equ version + 28

; The time of day at which Xen began, since 1970.
wall_version    equ SHARED_INFO + 0xC00
wall_seconds    equ wall_version + 4
wall_nanoseconds equ wall_version + 8

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

PIT_COUNTER_0   equ 0x40
PIT_CONTROL     equ 0x43
COM1            equ 0x3F8

KVM_SIGNATURE   equ 0x40000000  ; a leaf of CPUID
KVM_FEATURES    equ 0x40000001
KVM_CLOCK       equ 1 << 3      ; KVM_FEATURE_CLOCKSOURCE2
KVM_SYSTEM_TIME equ 0x4B564D01  ; an MSR: where the clock lies, and a 1 to switch it on

; The clock that the hypervisor keeps in this page: struct pvclock_vcpu_time_info. Where Xen shares a page, it begins at this offset.
version         equ 0x2020      ; odd while it is being written
time_stamp      equ 0x2028      ; the processor's, at
system_time     equ 0x2030      ; this time in nanoseconds
multiplier      equ 0x2038      ; time = system time + (((stamps since) << shift) * multiplier >> 32)
shift           equ 0x203C

SHARED_INFO     equ 0x2000      ; Xen's page is mapped here,
HYPERCALL_PAGE  equ 0x3000      ; and the ways into it: call N begins at N * 32
MEMORY_OP       equ HYPERCALL_PAGE + 12 * 32
VCPU_OP         equ HYPERCALL_PAGE + 24 * 32
EVENT_OP        equ HYPERCALL_PAGE + 32 * 32    ; event_channel_op
HVM_OP          equ HYPERCALL_PAGE + 34 * 32
UPCALL_PENDING  equ SHARED_INFO + 0
PENDING_WORDS   equ SHARED_INFO + 4
PENDING         equ SHARED_INFO + 0x800
UPCALL_VECTOR   equ 0x20
NAP             equ 20000       ; nanoseconds
%endif

start:
%ifdef XEN_PV
        mov rsi, [rsi + 40]     ; RSI: start_info; its shared_info is the page's machine address
        or rsi, 3               ; present and writable
        mov edi, SHARED_INFO
        mov edx, 2              ; UVMF_INVLPG
        call UPDATE_VA

; Time stamps: an instruction, and nobody is asked.
;@ milestone tsc
        rdtsc
        mov ebx, eax
        call delay
        rdtsc
        sub eax, ebx            ; one a nanosecond, on this processor
;@ milestone tsc-read
        mov esi, tsc_name
        call print

; Xen's clock: the same instruction, and a page.
;@ milestone xen-clock
        call read_xen_clock
        mov rbx, rax
        call delay
        call read_xen_clock
        sub rax, rbx
;@ milestone xen-clock-read
        mov esi, xen_name
        call print

; The alarm: sleeps, and looks how late it is then.
        mov edi, 7              ; VCPUOP_stop_periodic_timer: 100 times a second, until somebody says otherwise
        xor esi, esi            ; of processor 0
        xor edx, edx
        call VCPU_OP
        mov edi, 1              ; EVTCHNOP_bind_virq
        mov esi, binding
        call EVENT_OP
;@ milestone nap
        call read_xen_clock
        mov rbx, rax
        lea rdi, [rax + NAP]
        call SET_TIMER
        mov edi, 3              ; SCHEDOP_poll: until there is an event at a port, which needs no handler then
        mov esi, poll
        call SCHED_OP
        call read_xen_clock
        sub rax, rbx
;@ milestone nap-over
        mov esi, nap_name
        call print

; The time of day.
.wall:
        mov esi, [wall_version]
        mov r8d, [wall_seconds]
        mov r9d, [wall_nanoseconds]
        test esi, 1
        jnz .wall
        cmp esi, [wall_version]
        jne .wall
        call read_xen_clock     ; since Xen began
        add rax, r9
        mov ecx, 1000000000
        xor edx, edx
        div rcx
        add rax, r8
;@ milestone wall-clock-read
        mov esi, utc_name
        call print

        mov edi, 2              ; SCHEDOP_shutdown
        mov esi, reason
        call SCHED_OP           ; does not return
%else
        mov esp, 0x9000

; The PIT: counter 0 counts down from 65536 again and again, 1,193,182 times a second.
        mov al, 0x34            ; low byte then high byte, mode 2
        out PIT_CONTROL, al
        mov al, 0
        out PIT_COUNTER_0, al
        out PIT_COUNTER_0, al
        call delay               ; until it has begun
;@ milestone pit
        call read_pit
        mov ebx, eax
        call delay
        call read_pit
        sub bx, ax
        movzx eax, bx
        imul eax, eax, 838      ; nanoseconds for one count
;@ milestone pit-read
        mov esi, pit_name
        call print

; Time stamps: an instruction, and no device.
;@ milestone tsc
        rdtsc
        mov ebx, eax
        call delay
        rdtsc
        sub eax, ebx            ; one a nanosecond, on this processor
;@ milestone tsc-read
        mov esi, tsc_name
        call print

; Is there a hypervisor, is it KVM, and does it have a clock for us?
        mov eax, 1
        cpuid
        test ecx, 1 << 31
        jz .end
        mov eax, KVM_SIGNATURE
        cpuid
        cmp ebx, "XenV"
        je .xen
        cmp ebx, "KVMK"
        jne .end
        cmp ecx, "VMKV"
        jne .end
        mov eax, KVM_FEATURES
        cpuid
        test eax, KVM_CLOCK
        jz .end

        mov ecx, KVM_SYSTEM_TIME
        mov eax, version + 1
        xor edx, edx
        wrmsr                   ; once
;@ milestone kvm-clock
        call read_clock
        mov ebx, eax
        call delay
        call read_clock
        sub eax, ebx
;@ milestone kvm-clock-read
        mov esi, kvm_name
        call print
.end:
        hlt                     ; interrupts are off: the end

; Xen. A domain on virtualizing hardware, whose kernel need not know it, finds the hypercalls, and by them the page of its clock.
.xen:
        cmp ecx, "MMXe"
        jne .end
        mov eax, KVM_SIGNATURE + 2
        cpuid
        mov ecx, ebx            ; the MSR that fills a page
        mov eax, HYPERCALL_PAGE
        xor edx, edx
        wrmsr
        mov ebx, 7              ; XENMEM_add_to_physmap
        mov ecx, where
        call MEMORY_OP
;@ milestone xen-clock
        call read_clock
        mov ebx, eax
        call delay
        call read_clock
        sub eax, ebx
;@ milestone xen-clock-read
        mov esi, xen_name
        call print

; An alarm of Xen's: its event comes as an interrupt of the vector that we choose.
        lidt [idt_pointer]
        mov ebx, 0              ; HVMOP_set_param
        mov ecx, callback
        call HVM_OP
        mov ebx, 1              ; EVTCHNOP_bind_virq
        mov ecx, binding
        call EVENT_OP
        call read_clock
        mov [nap_began], eax
        add eax, NAP            ; within the first four seconds of Xen's time
        mov [alarm], eax
        mov ebx, 8              ; VCPUOP_set_singleshot_timer
        xor ecx, ecx            ; of processor 0
        mov edx, alarm
        call VCPU_OP
        sti
        hlt                     ; guest time leaps to the alarm
        cli
        call read_clock
        sub eax, [nap_began]
;@ milestone xen-nap
        mov esi, nap_name
        call print
        hlt

upcall:
;@ milestone xen-upcall
        push eax
        mov byte [UPCALL_PENDING], 0
        xor eax, eax
        xchg eax, [PENDING_WORDS]       ; words of the port bits in which something happened: the first
        mov eax, [binding + 8]
        lock btr [PENDING], eax         ; our port
        pop eax
        iret
%endif

delay:
        mov ecx, ROUNDS
.round:
        dec ecx
        jnz .round
        ret

%ifdef XEN_PV
; RAX: nanoseconds since Xen began.
read_xen_clock:
        mov edi, [version]
        test edi, 1
        jnz read_xen_clock
        rdtsc
        shl rdx, 32
        or rax, rdx
        sub rax, [time_stamp]
        mov cl, [shift]         ; to the right where it is negative
        test cl, cl
        js .right
        shl rax, cl
        jmp .scaled
.right:
        neg cl
        shr rax, cl
.scaled:
        mov edx, [multiplier]
        mul rdx
        shrd rax, rdx, 32
        add rax, [system_time]
        cmp edi, [version]      ; has Xen written meanwhile?
        jne read_xen_clock
        ret

; Prints the name at RSI, and RAX in decimal.
print:
        mov edi, newline        ; from the last digit to the first
        mov ebp, 10
.divide:
        xor edx, edx
        div rbp
        add dl, '0'
        dec edi
        mov [rdi], dl
        test rax, rax
        jnz .divide
        sub edi, 4
        mov eax, [rsi]
        mov [rdi], eax
        mov edx, edi
        mov esi, newline + 1
        sub esi, edi            ; so many characters
        xor edi, edi            ; CONSOLEIO_write
        jmp CONSOLE_IO

        times 24 db 0
newline:
        db 10
xen_name:
        db "Xen "
nap_name:
        db "Nap "
utc_name:
        db "UTC "
        align 8, db 0
binding:
        dd 0, 0                 ; VIRQ_TIMER, of processor 0;
port:   dd 0                    ; Xen writes the port here
reason: dd 0                    ; SHUTDOWN_poweroff
poll:   dq port, 1, 0           ; of one port, for ever
%else
; EAX: how far counter 0 has come.
read_pit:
        mov al, 0               ; hold what counter 0 shows
        out PIT_CONTROL, al
        in al, PIT_COUNTER_0
        mov ah, al
        in al, PIT_COUNTER_0
        xchg al, ah
        movzx eax, ax
        ret

; EAX: the low half of the nanoseconds.
read_clock:
        mov edi, [version]
        test edi, 1
        jnz read_clock
        rdtsc
        sub eax, [time_stamp]
        sbb edx, [time_stamp + 4]
        mov cl, [shift]
        shld edx, eax, cl
        shl eax, cl
        mov ecx, edx
        mul dword [multiplier]
        mov eax, ecx
        mov ecx, edx
        mul dword [multiplier]
        add eax, ecx
        add eax, [system_time]
        cmp edi, [version]      ; has somebody written meanwhile?
        jne read_clock
        ret

; Prints the name at ESI, and EAX in decimal.
print:
        mov ebp, eax
        mov ecx, 4
        mov dx, COM1
.name:
        lodsb
        out dx, al
        dec ecx
        jnz .name
        mov eax, ebp
        mov ebp, 10
.divide:
        xor edx, edx
        div ebp
        push edx
        inc ecx
        test eax, eax
        jnz .divide
        mov dx, COM1
.digit:
        pop eax
        add al, '0'
        out dx, al
        dec ecx
        jnz .digit
        mov al, 10
        out dx, al
        ret

pit_name:
        db "PIT "
kvm_name:
        db "KVM "
xen_name:
        db "XEN "
nap_name:
        db "NAP "

        align 8, db 0
where:  dw 0x7FF0, 0            ; DOMID_SELF
        dd 0, 0                 ; XENMAPSPACE_shared_info,
        dd SHARED_INFO >> 12    ; to this page
callback:
        dw 0x7FF0, 0
        dd 0                    ; HVM_PARAM_CALLBACK_IRQ
        dq 2 << 56 | UPCALL_VECTOR
alarm:  dq 0
        dd 0                    ; no flags
binding:
        dd 0, 0, 0              ; VIRQ_TIMER, of processor 0; Xen writes the port here
nap_began:
        dd 0

        align 8, db 0
idt:    times UPCALL_VECTOR dq 0
        dw upcall, 0x08, 0x8E00, 0      ; 32-bit interrupt gate for ring 0
idt_end:
idt_pointer:
        dw idt_end - idt - 1
        dd idt
%endif
tsc_name:
        db "TSC "
file_end:
