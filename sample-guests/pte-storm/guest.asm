; Sixty-four pages change their place twice: first one entry after the other, each with its own INVLPG, then all entries at
; once and one flush at the end. Who stands behind the page tables decides what the difference is worth.

        org 0x1000
PAGES           equ 64
WINDOW          equ 0x380000    ; linear addresses of the pages that move
FRAMES          equ 0x4000      ; where their memory lies
USABLE          equ 3           ; present and writable

%ifdef XEN_PV
; The port for Xen. The guest can read its page tables and cannot write them: it asks for each change, one by one, or with a
; list. Entries hold numbers of the machine's frames, which two tables translate: mfn_list, and Xen's own, that all can read.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
REQUESTS        equ 0x3000      ; a list of changes
MEMORY_END      equ FRAMES + PAGES * 0x1000
MACHINE_TO_PHYS equ 0xFFFF800000000000
DOMID_SELF      equ 0x7FF0
UVMF_INVLPG     equ 2

MMU_UPDATE      equ HYPERCALL_PAGE + 1 * 32
UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32    ; update_va_mapping
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
MMUEXT_OP       equ HYPERCALL_PAGE + 26 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

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
        bits 64

DIRECTORY       equ 0x72000     ; of the page tables that it started with: the first GiB, in pages of 2 MiB
TABLE           equ 0x50000     ; its page table for the 2 MiB around the window
WINDOW_ENTRIES  equ TABLE + 8 * (WINDOW >> 12 & 511)
COM1            equ 0x3F8
%endif

start:
%ifdef XEN_PV
; Where is the entry of the window's first page? From the first table (pt_base) downwards; RSI: start_info.
        mov rbp, [rsi + 104]    ; mfn_list
        mov rbx, [rsi + 88]
        mov rax, [rbx]          ; entry 0 of the PML4 table
        call table_of
        mov rax, [rbx]          ; entry 0 of the page-directory-pointer table
        call table_of
        mov rax, [rbx + 8 * (WINDOW >> 21)]
        call table_of
        lea r12, [rax + 8 * (WINDOW >> 12 & 511)]       ; its machine address
%else
        mov esp, 0x60000
        mov qword [DIRECTORY + 8 * (WINDOW >> 21)], TABLE + USABLE
        mov rax, cr3
        mov cr3, rax
%endif

        xor ebx, ebx            ; each frame gets its number
.number:
        mov edi, ebx
        shl edi, 12
        mov [rdi + FRAMES], ebx
        inc ebx
        cmp ebx, PAGES
        jb .number
;@ milestone frames-numbered

        xor ebx, ebx            ; page EBX shows frame EBX
.one_by_one:
        mov ecx, ebx
        call entry_for
        mov edi, ebx
        shl edi, 12
        add edi, WINDOW
%ifdef XEN_PV
        mov rsi, rax
        mov edx, UVMF_INVLPG
        call UPDATE_VA
%else
        mov [rbx * 8 + WINDOW_ENTRIES], rax
        invlpg [rdi]
%endif
        inc ebx
        cmp ebx, PAGES
        jb .one_by_one
;@ milestone one-by-one

        xor r13d, r13d
        call check
        mov esi, one_by_one_text
        call print

        xor ebx, ebx            ; page EBX shows frame 63 - EBX
.all_at_once:
        mov ecx, PAGES - 1
        sub ecx, ebx
        call entry_for
%ifdef XEN_PV
        lea rdi, [rbx * 8]
        lea rcx, [rdi + r12]    ; the entry's machine address; its low bits: MMU_NORMAL_PT_UPDATE
        mov [rdi * 2 + REQUESTS], rcx
        mov [rdi * 2 + REQUESTS + 8], rax
%else
        mov [rbx * 8 + WINDOW_ENTRIES], rax
%endif
        inc ebx
        cmp ebx, PAGES
        jb .all_at_once
%ifdef XEN_PV
        mov edi, REQUESTS
        mov esi, PAGES
        xor edx, edx            ; nobody asks how many were done
        mov r10d, DOMID_SELF
        call MMU_UPDATE
        mov edi, flush
        mov esi, 1
        xor edx, edx
        mov r10d, DOMID_SELF
        call MMUEXT_OP
%else
        mov rax, cr3
        mov cr3, rax            ; forgets all translations
%endif
;@ milestone all-at-once

        mov r13d, PAGES - 1
        call check
        mov esi, all_at_once_text
        call print
%ifdef XEN_PV
        mov edi, 2              ; SCHEDOP_shutdown
        mov esi, reason
        call SCHED_OP           ; does not return
%else
        hlt
%endif

; Looks at all pages: page EBX must show frame EBX xor R13D (63 - x is 63 xor x).
check:
        xor ebx, ebx
.next:
        mov edi, ebx
        shl edi, 12
        mov eax, [rdi + WINDOW]
        xor eax, r13d
        cmp eax, ebx
        jne .wrong
        inc ebx
        cmp ebx, PAGES
        jb .next
        ret
.wrong:
        ud2

; RAX: the page-table entry for our frame ECX.
entry_for:
%ifdef XEN_PV
        mov rax, [rbp + rcx * 8 + FRAMES / 0x1000 * 8]
        shl rax, 12
%else
        mov eax, ecx
        shl eax, 12
        add eax, FRAMES
%endif
        or rax, USABLE
        ret

%ifdef XEN_PV
; From an entry in RAX: the machine address of the table that it points to in RAX, and our own address of it in RBX.
table_of:
        mov rcx, 0x000FFFFFFFFFF000
        and rax, rcx
        mov rcx, MACHINE_TO_PHYS
        mov rbx, rax
        shr rbx, 12
        mov rbx, [rcx + rbx * 8]
        shl rbx, 12
        ret

; Writes the zero-terminated text at ESI to Xen's console.
print:
        mov edx, esi
.next:
        cmp byte [rsi], 0
        je .done
        inc esi
        jmp .next
.done:
        sub esi, edx            ; its length
        xor edi, edi            ; CONSOLEIO_write
        jmp CONSOLE_IO
%else
; Writes the zero-terminated text at ESI to COM1.
print:
        mov dx, COM1
.next:
        mov al, [rsi]
        test al, al
        jz .done
        out dx, al
        inc esi
        jmp .next
.done:
        ret
%endif

one_by_one_text:
        db "64 pages one by one", 10, 0
all_at_once_text:
        db "64 pages at once", 10, 0
%ifdef XEN_PV
        align 8, db 0
flush:  dq 6, 0, 0              ; MMUEXT_TLB_FLUSH_LOCAL
reason: dd 0                    ; SHUTDOWN_poweroff
file_end:
%endif
