; A 32-bit kernel for Xen, as they were before processors had 64 bits: it runs at ring 1, between Xen and its program, and the processor
; itself keeps the three apart. The program gets a stack when it touches it, calls the kernel by INT 80H, is interrupted by an
; alarm, calls by SYSENTER, and reaches for what is the kernel's. Prints 1f3TS!

        org 0x1000
        bits 32

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x3000      ; the shared page is mapped here, on top of an empty one
KERNEL_STACK    equ 0x5000
PROGRAM         equ 0x5000      ; a page that the program may read,
USER_STACK      equ 0x6000      ; and one that it may write, as soon as it is there
MEMORY_END      equ 0x7000

; Xen's flat selectors.
KERNEL_CODE     equ 0xE019      ; ring 1
KERNEL_DATA     equ 0xE021
USER_CODE       equ 0xE02B      ; ring 3
USER_DATA       equ 0xE033

READ_ONLY       equ 5           ; an entry: present, for programs
WRITABLE        equ 7
UVMF_INVLPG     equ 2

; Of the shared page.
UPCALL_PENDING  equ SHARED_INFO + 0
PENDING_WORDS   equ SHARED_INFO + 4
FAULT_ADDRESS   equ SHARED_INFO + 8
PENDING         equ SHARED_INFO + 0x800

PRINT           equ 0           ; what the program calls for: print the character in BL,
ALARM           equ 1           ; or have it interrupted

file:   db 0x7F, "ELF", 1, 1, 1, 0
        dq 0
        dw 2, 3                 ; an executable for 32-bit x86
        dd 1
        dd start, headers - file, 0
        dd 0
        dw 52, 32, 2, 40, 0, 0
headers:
        dd 1, 0, file, file     ; this file is loaded, with empty pages behind it,
        dd file_end - file, MEMORY_END - 0x1000, 7, 0x1000
        dd 4, notes - file, notes, notes        ; and has notes
        dd notes_end - notes, notes_end - notes, 4, 4

%macro note 2+                  ; type, value
        dd 4, %%end - %%value, %1
        db "Xen", 0
%%value: %2
%%end:  align 4, db 0
%endmacro

notes:  note 5, db "xen-3.0", 0         ; the interface
        note 8, db "generic", 0         ; the loader
        note 9, db "yes", 0             ; page tables of three levels, with entries of 64 bits
        note 3, dd 0                    ; frame 0 of the domain is mapped to address 0
        note 1, dd start
        note 2, dd HYPERCALL_PAGE
notes_end:

%macro hypercall 1-5            ; number, arguments
%if %0 > 1
        mov ebx, %2
%endif
%if %0 > 2
        mov ecx, %3
%endif
%if %0 > 3
        mov edx, %4
%endif
%if %0 > 4
        mov esi, %5
%endif
        call HYPERCALL_PAGE + %1 * 32   ; INT 82H, whose gate is open to ring 1
%endmacro

start:
        mov eax, [esi + 68]     ; ESI: start_info; mfn_list: of each frame of ours, its number in the machine
        mov [mfn_list], eax
        mov ecx, [esi + 36]     ; the machine address of shared_info
        or ecx, 3               ; present and writable
        hypercall 14, SHARED_INFO, ecx, 0, UVMF_INVLPG  ; update_va_mapping: an entry is two words
        hypercall 0, traps                              ; set_trap_table
        hypercall 4, KERNEL_CODE, tick, KERNEL_CODE, 0  ; set_callbacks: for events
        hypercall 30, 0, sysenter_callback              ; callback_op: register
        hypercall 3, KERNEL_DATA, KERNEL_STACK          ; stack_switch
        hypercall 24, 7, 0, 0                           ; vcpu_op: no periodic timer
        hypercall 32, 1, virq                           ; event_channel_op: bind_virq

        mov eax, USER_DATA      ; for both: KERNEL_DATA would be taken away on the way to ring 3
        mov ds, eax
        mov es, eax
        mov esi, program
        mov edi, PROGRAM
        mov ecx, program_end - program
        rep movsb
        mov edi, PROGRAM
        mov ecx, READ_ONLY
        call map
        hypercall 14, USER_STACK, 0, 0, UVMF_INVLPG     ; nothing there yet
;@ milestone booted

        mov eax, cs
        and al, 3
        add al, '0'
        call put
        push USER_DATA          ; SS
        push USER_STACK + 0x1000        ; ESP
        push 0x202              ; EFLAGS: events on
        push USER_CODE          ; CS
        push PROGRAM            ; EIP
        jmp return

; The program calls by SYSENTER. That instruction keeps nothing, so Xen has pushed an ESP and an EIP of 0, and no CS. The program has put
; what was right into EBP and EDX.
sysenter_call:
        mov [esp], edx
        mov dword [esp + 4], USER_CODE
        mov [esp + 12], ebp
        mov dword [esp + 16], USER_DATA

; EAX is what the program wants. By INT 80H it comes here: Xen has a gate for it that is open to ring 3, and has pushed SS, ESP, EFLAGS,
; CS and EIP.
system_call:
;@ milestone call
        pushad
        cmp eax, ALARM
        je .alarm
        mov al, bl
        call put
        jmp resume
.alarm:
        hypercall 15, 1, 0      ; set_timer_op: a time that has passed, so at once

resume: popad
return: jmp HYPERCALL_PAGE + 23 * 32    ; iret

; The time has come.
tick:
;@ milestone tick
        pushad
        mov byte [UPCALL_PENDING], 0
        mov dword [PENDING_WORDS], 0
        mov eax, [virq + 8]
        lock btr [PENDING], eax
        mov byte [USER_STACK], 1        ; the program waits for this
        mov al, 'T'
        call put
        jmp resume

; The program has touched what is not there, or not its own: it gets its stack, or ends. The error code is on top.
page_fault:
;@ milestone page-fault
        pushad
        test byte [esp + 32], 1         ; it is there: the kernel's
        jnz .wild
        mov al, 'f'
        call put
        mov edi, [FAULT_ADDRESS]
        and edi, -0x1000
        mov ecx, WRITABLE
        call map
        popad
        add esp, 4
        jmp return
.wild:
        mov al, '!'
        call put
        mov al, 10
        call put
;@ milestone ended
        hypercall 29, 2, reason         ; sched_op: shutdown

; Maps the page at EDI to its own frame; ECX: what that allows.
map:
        mov edx, [mfn_list]
        mov eax, edi
        shr eax, 12
        mov eax, [edx + eax * 4]
        shl eax, 12
        or ecx, eax
        hypercall 14, edi, ecx, 0, UVMF_INVLPG
        ret

; Prints AL.
put:
        mov [letter], al
        hypercall 18, 0, 1, letter      ; console_io: write
        ret

; The program, at ring 3. It is copied, so it must not know where it lies.
program:
        push eax                        ; no stack yet: a page fault
        mov ebx, cs
        and ebx, 3
        add ebx, '0'
        mov eax, PRINT
        int 0x80
        mov eax, ALARM
        int 0x80
.wait:
        cmp byte [USER_STACK], 0
        je .wait
        call .here
.here:  pop edx
        add edx, .back - .here
        mov ebp, esp
        mov bl, 'S'
        mov eax, PRINT
        sysenter
.back:
        mov al, [letter]                ; the kernel's, which is at ring 1: to page tables a supervisor
program_end:

        align 8, db 0
traps:                                  ; vector, flags, CS, address; flag 4: no events from then on; 3: programs may use it
        db 14, 4
        dw KERNEL_CODE
        dd page_fault
        db 0x80, 7
        dw KERNEL_CODE
        dd system_call
        dd 0, 0
sysenter_callback:
        dw 5, 1                         ; CALLBACKTYPE_sysenter; no events from then on
        dd KERNEL_CODE, sysenter_call
virq:   dd 0, 0, 0                      ; VIRQ_TIMER, of processor 0; Xen writes the port here
mfn_list:
        dd 0
reason: dd 0                            ; SHUTDOWN_poweroff
letter: db 0
file_end:
