; A kernel that starts by PVH and notes how it was started; the notes go to port E9H, byte by byte.

        org 0x100000
        bits 32

file:   db 0x7F, "ELF", 1, 1, 1, 0
        dq 0
        dw 2, 3
        dd 1, start, headers - file, 0, 0
        dw 52, 32, 2, 40, 0, 0
headers:
        dd 1, 0, file, file, file_end - file, 0x1000, 7, 0x1000
        dd 4, notes - file, notes, notes, notes_end - notes, notes_end - notes, 4, 4
notes:  dd 4, 4, 18             ; PHYS32_ENTRY
        db "Xen", 0
        dd start
notes_end:

start:  mov [state], ebx
        mov esp, stack
        pushfd
        pop dword [state + 4]
        mov eax, cr0
        mov [state + 8], eax
        mov eax, cr4
        mov [state + 12], eax
        call here
here:   pop eax
        sub eax, here           ; 0 where offsets of code are linear addresses
        mov [state + 16], eax
        mov eax, [file]
        mov [state + 20], eax
        mov ecx, 0xC0000080
        rdmsr
        mov [state + 24], eax
        mov [state + 28], cs
        mov [state + 30], ds
        mov [state + 32], es
        mov [state + 34], ss

        cld
        mov esi, ebx            ; struct hvm_start_info
        mov edi, information
        mov ecx, 56 / 4
        rep movsd
        mov ecx, [ebx + 48]     ; entries of the memory map
        cmp ecx, 16
        ja .tell
        imul ecx, ecx, 24
        mov esi, [ebx + 40]
        mov edi, map
        rep movsb

.tell:  mov esi, state
        mov ecx, stack_end - state
        mov dx, 0xE9
        rep outsb
        mov al, 0
        out 0xF4, al            ; QEMU ends
        cli
        hlt

        align 16, db 0
state:  times 64 db 0
information:
        times 64 db 0
map:    times 16 * 24 db 0
stack_end:
        times 64 db 0
stack:
file_end:
