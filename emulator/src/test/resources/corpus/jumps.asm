; Jumps that grow when others grow, and numbers that depend on addresses.
        bits 32
        org 0x8000
a:      jmp d
        jz e
        jmp near a
        call e
b:      times 100 nop
        jnc a
c:      jmp b
        times 18 nop
d:      jo a
        jmp c
        jecxz d
        times 90 inc eax
        mov eax, e - a
        mov ebx, e - d
        add ecx, e - d
        add edx, f - e
        mov byte [ebx + f - e], 5
        push f - e
        push e - a
        cmp eax, strict dword 5
        add eax, strict byte 5
        jmp short e
e:      ret
f:      dd e, e - a, f - $$, $ - f
        db (e - d) & 0xff, 'A' + 1
%assign i 0
%rep 20
        jz j%+i
        times 7 nop
%assign i i+1
%endrep
%assign i 0
%rep 20
j%+i:   jnz a
        times 5 nop
%assign i i+1
%endrep
