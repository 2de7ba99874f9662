; Arithmetic in registers: a boot sector that goes to protected mode and runs ITERATIONS rounds.
%include "end.inc"
%include "protected.inc"
        mov ecx, ITERATIONS
        xor eax, eax
        mov ebx, 0x12345678
        mov edx, 0x9abcdef0
        mov esi, 3
        mov edi, 5
round:  add eax, ebx
        xor edx, eax
        sub ebx, esi
        rol edx, 3
        lea edi, [edi+esi*4+7]
        and esi, 0xffff
        or esi, 1
        add edi, edx
        adc eax, 0
        shr edi, 1
        inc esi
        cmp eax, edx
        jb .less
        xor eax, 0x55
.less:  not ebx
        dec ecx
        jnz round
        finish
        align 8
        dq 0
descriptors:
        dq 0
        dq 0x00cf9a000000ffff
        dq 0x00cf92000000ffff
table:  dw 23
        dd descriptors
        times 510-($-$$) db 0
        dw 0xaa55
