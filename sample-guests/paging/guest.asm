; Page tables are memory, and the processor remembers what it has read there.
; One linear page, the window, is mapped to frame A, remapped to frame B without and then with INVLPG, and taken away;
; the page-fault handler puts it back, and the faulting instruction runs again. Prints AAB!A.

        org 0x1000
%ifdef XEN_PV
; The port for Xen. Paging is on from the first instruction, by tables that the guest can read and cannot write: it asks for
; each change, and Xen looks at it. Entries hold numbers of the machine's frames.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x3000      ; the page shared with Xen is mapped here, on top of an empty one
FRAME_A         equ 0x4000
FRAME_B         equ 0x5000
WINDOW          equ 0x6000
MEMORY_END      equ 0x7000
USABLE          equ 3           ; present and writable
UVMF_NONE       equ 0
UVMF_INVLPG     equ 2

SET_TRAP_TABLE  equ HYPERCALL_PAGE + 0 * 32
UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32    ; update_va_mapping
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
XEN_IRET        equ HYPERCALL_PAGE + 23 * 32
MMUEXT_OP       equ HYPERCALL_PAGE + 26 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

FAULT_ADDRESS   equ SHARED_INFO + 16

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

DIRECTORY       equ 0x10000     ; the page directory
TABLE           equ 0x11000     ; its one page table, for the first 4 MiB
FRAME_A         equ 0x20000
FRAME_B         equ 0x21000
WINDOW          equ 0x30000     ; a linear address; no RAM of its own is used there
WINDOW_ENTRY    equ TABLE + 4 * (WINDOW >> 12)
USABLE          equ 3           ; present and writable
COM1            equ 0x3F8

%ifdef XEN_PVH
; The port for a domain on virtualizing hardware: its tables are its own. But it starts without a descriptor table, and Xen prints for it.
HYPERCALL_PAGE  equ 0x2000      ; Xen fills it where it is asked to
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

%macro put_character 0          ; AL
        pushad
        mov [letter], al
        xor ebx, ebx            ; CONSOLEIO_write
        mov ecx, 1
        mov edx, letter
        call CONSOLE_IO
        popad
%endmacro

%macro end 0
        mov ebx, 2              ; SCHEDOP_shutdown
        mov ecx, reason
        call SCHED_OP           ; does not return
%endmacro

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

reason: dd 0                    ; SHUTDOWN_poweroff
letter: db 0
        align 8, db 0
gdt:    dq 0
        dq 0x00CF9B000000FFFF   ; 08H: flat code
gdt_pointer:
        dw gdt_pointer - gdt - 1
        dd gdt
%else
%macro put_character 0          ; AL
        out dx, al
%endmacro

%macro end 0
        hlt
%endmacro
%endif
%endif

start:
%ifdef XEN_PV
        mov rbp, [rsi + 104]    ; RSI: start_info; its mfn_list tells the machine frame of each of ours
        mov rsi, [rsi + 40]     ; the machine address of shared_info
        or rsi, USABLE
        mov edi, SHARED_INFO
        mov edx, UVMF_INVLPG
        call UPDATE_VA
        mov edi, traps
        call SET_TRAP_TABLE
%else
        mov esp, 0x8000
%ifdef XEN_PVH
        lgdt [gdt_pointer]
        jmp 0x08:.flat          ; IRET wants a selector to go back to
.flat:
        mov eax, 0x40000002     ; the leaf that says which register fills the hypercall page: EBX
        cpuid
        mov ecx, ebx
        mov eax, HYPERCALL_PAGE
        xor edx, edx
        wrmsr
%endif
        lidt [idt_pointer]
%endif
        mov byte [FRAME_A], 'A'
        mov byte [FRAME_B], 'B'

%ifdef XEN_PV
        mov esi, FRAME_A
        mov edx, UVMF_INVLPG
        call map_window
;@ milestone paging-on

        mov bl, [WINDOW]        ; A; the translation is now in the TLB
        mov esi, FRAME_B
        mov edx, UVMF_NONE
        call map_window
        mov r12b, [WINDOW]      ; still A: nobody told the TLB
;@ milestone stale
        mov edi, flush
        mov esi, 1              ; one operation,
        xor edx, edx            ; whose number done nobody asks for,
        mov r10d, 0x7FF0        ; for this domain
        call MMUEXT_OP
        mov r13b, [WINDOW]      ; B
;@ milestone fresh

        mov al, bl
        call print
        mov al, r12b
        call print
        mov al, r13b
        call print

        xor esi, esi
        mov edi, WINDOW
        mov edx, UVMF_INVLPG
        call UPDATE_VA
;@ milestone unmapped
        mov al, [WINDOW]        ; page fault; after the repair it runs again and reads A
;@ milestone recovered
        call print
        mov al, 10
        call print
        mov edi, 2              ; SCHEDOP_shutdown
        mov esi, reason
        call SCHED_OP           ; does not return

; Repairs the window. Xen has pushed SS, RSP, RFLAGS, CS, RIP, an error code, R11 and RCX, and its address lies in the shared page.
page_fault:
        push rax
        push rdx
        push rsi
        push rdi
        cmp qword [FAULT_ADDRESS], WINDOW
        jne .unexpected
        mov esi, FRAME_A
        mov edx, UVMF_NONE      ; a missing page is never in the TLB
        call map_window
        mov al, '!'
        call print
        pop rdi
        pop rsi
        pop rdx
        pop rax
        pop rcx
        pop r11
        mov qword [rsp], 0      ; the error code's place: RCX and R11 count
        jmp XEN_IRET
.unexpected:
        ud2

; Maps the window to our frame at ESI; EDX says what becomes of the TLB. RBP: mfn_list.
map_window:
        shr esi, 12
        mov rsi, [rbp + rsi * 8]
        shl rsi, 12
        or rsi, USABLE
        mov edi, WINDOW
        jmp UPDATE_VA

; Prints the character in AL.
print:
        mov [letter], al
        xor edi, edi            ; CONSOLEIO_write
        mov esi, 1
        mov edx, letter
        jmp CONSOLE_IO

        align 8, db 0
traps:                          ; vector, flags, CS, address
        db 14, 0
        dw 0xE033, 0, 0
        dq page_fault
        dq 0, 0
flush:  dq 7, WINDOW, 0         ; MMUEXT_INVLPG_LOCAL
reason: dd 0                    ; SHUTDOWN_poweroff
letter: db 0
%else
; One entry a page. Everything the guest uses keeps its address, except the window.
        mov dword [DIRECTORY], TABLE + USABLE
        mov dword [TABLE + 4 * 0x01], 0x1000 + USABLE   ; this program
        mov dword [TABLE + 4 * 0x07], 0x7000 + USABLE   ; its stack
        mov dword [TABLE + 4 * 0x11], TABLE + USABLE    ; the table itself, to change it later
%ifdef XEN_PVH
        mov dword [TABLE + 4 * 0x02], HYPERCALL_PAGE + USABLE
%else
        mov dword [TABLE + 4 * 0x6F], 0x6F000 + USABLE  ; the descriptor table that it started with
%endif
        mov dword [WINDOW_ENTRY], FRAME_A + USABLE
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, 1 << 31         ; PG
        mov cr0, eax
;@ milestone paging-on

        mov bl, [WINDOW]        ; A; the translation is now in the TLB
        mov dword [WINDOW_ENTRY], FRAME_B + USABLE
        mov cl, [WINDOW]        ; still A: nobody told the TLB
;@ milestone stale
        invlpg [WINDOW]
        mov ch, [WINDOW]        ; B
;@ milestone fresh

        mov dx, COM1
        mov al, bl
        put_character
        mov al, cl
        put_character
        mov al, ch
        put_character

        mov dword [WINDOW_ENTRY], 0
        invlpg [WINDOW]
;@ milestone unmapped
        mov al, [WINDOW]        ; page fault; after the repair it runs again and reads A
;@ milestone recovered
        put_character
        mov al, 10
        put_character
        end

; Repairs the window. The processor has pushed EFLAGS, CS, EIP and an error code, and CR2 says which address it was.
page_fault:
        push eax
        mov eax, cr2
        cmp eax, WINDOW
        jne .unexpected
        mov dword [WINDOW_ENTRY], FRAME_A + USABLE      ; a missing page is never in the TLB: no INVLPG
        mov al, '!'
        put_character
        pop eax
        add esp, 4              ; the error code is the handler's to remove
        iret
.unexpected:
        end

        align 8
idt:
        times 14 dq 0
        dw page_fault, 0x08, 0x8E00, 0  ; 14: 32-bit interrupt gate for ring 0
idt_end:

idt_pointer:
        dw idt_end - idt - 1
        dd idt
%endif
file_end:
