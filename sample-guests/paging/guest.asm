; Page tables are memory, and the processor remembers what it has read there.
; One linear page, the window, is mapped to frame A, remapped to frame B without and then with INVLPG, and taken away;
; the page-fault handler puts it back, and the faulting instruction runs again. Prints AAB!A.

        org 0x1000
        bits 32

DIRECTORY       equ 0x10000     ; the page directory
TABLE           equ 0x11000     ; its one page table, for the first 4 MiB
FRAME_A         equ 0x20000
FRAME_B         equ 0x21000
WINDOW          equ 0x30000     ; a linear address; no RAM of its own is used there
WINDOW_ENTRY    equ TABLE + 4 * (WINDOW >> 12)
USABLE          equ 3           ; present and writable
COM1            equ 0x3F8

start:
        mov esp, 0x8000
        lidt [idt_pointer]
        mov byte [FRAME_A], 'A'
        mov byte [FRAME_B], 'B'

; One entry a page. Everything the guest uses keeps its address, except the window.
        mov dword [DIRECTORY], TABLE + USABLE
        mov dword [TABLE + 4 * 0x01], 0x1000 + USABLE   ; this program
        mov dword [TABLE + 4 * 0x07], 0x7000 + USABLE   ; its stack
        mov dword [TABLE + 4 * 0x11], TABLE + USABLE    ; the table itself, to change it later
        mov dword [TABLE + 4 * 0x6F], 0x6F000 + USABLE  ; the descriptor table that it started with
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
        out dx, al
        mov al, cl
        out dx, al
        mov al, ch
        out dx, al

        mov dword [WINDOW_ENTRY], 0
        invlpg [WINDOW]
;@ milestone unmapped
        mov al, [WINDOW]        ; page fault; after the repair it runs again and reads A
;@ milestone recovered
        out dx, al
        mov al, 10
        out dx, al
        hlt

; Repairs the window. The processor has pushed EFLAGS, CS, EIP and an error code, and CR2 says which address it was.
page_fault:
        push eax
        mov eax, cr2
        cmp eax, WINDOW
        jne .unexpected
        mov dword [WINDOW_ENTRY], FRAME_A + USABLE      ; a missing page is never in the TLB: no INVLPG
        mov al, '!'
        out dx, al
        pop eax
        add esp, 4              ; the error code is the handler's to remove
        iret
.unexpected:
        hlt

        align 8
idt:
        times 14 dq 0
        dw page_fault, 0x08, 0x8E00, 0  ; 14: 32-bit interrupt gate for ring 0
idt_end:

idt_pointer:
        dw idt_end - idt - 1
        dd idt
