; Memory behind 32-bit paging: 4,096 pages from 16 MiB on, each read, changed and written at eight places. ITERATIONS counts pages.
%include "end.inc"
%include "protected.inc"
        ; Eight page tables at 101000H map the first 32 MiB onto themselves; the directory is at 100000H.
        mov edi, 0x100000
        xor eax, eax
        mov ecx, 1024
        cld
        rep stosd
        mov eax, 3
        mov ecx, 8*1024
tables: mov [edi], eax
        add edi, 4
        add eax, 0x1000
        dec ecx
        jnz tables
        mov edi, 0x100000
        mov eax, 0x101003
        mov ecx, 8
directory:
        mov [edi], eax
        add edi, 4
        add eax, 0x1000
        dec ecx
        jnz directory
        mov eax, 0x100000
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        mov ecx, ITERATIONS
        mov ebx, 0x1000000
        xor edx, edx
page:   lea esi, [ebx]
        mov ebp, 8
place:  mov eax, [esi]
        add eax, edx
        inc edx
        mov [esi], eax
        add [esi+64], edx
        add esi, 512
        dec ebp
        jnz place
        add ebx, 0x1000
        and ebx, 0x1ffffff
        or ebx, 0x1000000
        dec ecx
        jnz page
        finish
        align 8
descriptors:
        dq 0
        dq 0x00cf9a000000ffff
        dq 0x00cf92000000ffff
table:  dw 23
        dd descriptors
        times 510-($-$$) db 0
        dw 0xaa55
