; What time is it? The same delay is measured by every clock that there is: the PIT of the PC, the processor's time stamps, and the clock that
; KVM shares with guests that know it. Each prints nanoseconds; what differs is how often a reading leaves the guest.

        org 0x1000
        bits 32

PIT_COUNTER_0   equ 0x40
PIT_CONTROL     equ 0x43
COM1            equ 0x3F8

ROUNDS          equ 10051       ; of the delay, two instructions each

KVM_SIGNATURE   equ 0x40000000  ; a leaf of CPUID
KVM_FEATURES    equ 0x40000001
KVM_CLOCK       equ 1 << 3      ; KVM_FEATURE_CLOCKSOURCE2
KVM_SYSTEM_TIME equ 0x4B564D01  ; an MSR: where the clock lies, and a 1 to switch it on

; The clock that KVM keeps in this page: struct pvclock_vcpu_time_info.
version         equ 0x2000      ; odd while it is being written
time_stamp      equ 0x2008      ; the processor's, at
system_time     equ 0x2010      ; this time in nanoseconds
multiplier      equ 0x2018      ; time = system time + (((stamps since) << shift) * multiplier >> 32)
shift           equ 0x201C

start:
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
        call read_kvm_clock
        mov ebx, eax
        call delay
        call read_kvm_clock
        sub eax, ebx
;@ milestone kvm-clock-read
        mov esi, kvm_name
        call print
.end:
        hlt                     ; interrupts are off: the end

delay:
        mov ecx, ROUNDS
.round:
        dec ecx
        jnz .round
        ret

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
read_kvm_clock:
        mov edi, [version]
        test edi, 1
        jnz read_kvm_clock
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
        jne read_kvm_clock
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
tsc_name:
        db "TSC "
kvm_name:
        db "KVM "
