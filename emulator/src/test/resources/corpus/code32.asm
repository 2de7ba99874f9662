; Encodings in 32-bit code.
bits 32
a: mov ds,eax
        mov ds,ax
        mov [a],ds
        mov word [a],ds
        mov ax,ds
        xchg ebx,ecx
        xchg eax,ebx
        xchg [a],ecx
        test eax,ebx
        test [a],ebx
        test ebx,[a]
        push 5
        push word 5
        push dword 5
        push 500
        push word 500
        mov eax,[ebx+fwd]
        mov eax,[ebx+fwd2]
        add eax,fwd
        add eax,strict dword 5
        add eax,dword 5
        add ax,0xffff
        add eax,0xffffffff
        shl eax,byte 1
        shl eax,1
        mov eax,[eax*2]
        mov eax,[eax*3]
        mov eax,[nosplit eax*2]
        mov eax,[ebp+eax]
        mov eax,[eax+ebp]
        mov eax,[eax+esp]
        mov eax,[ebx*1+eax]
        mov eax,[ebx+eax*1]
        mov eax,[ebp*2]
        mov eax,[byte ebx+5]
        mov eax,[dword ebx+5]
        mov eax,[bx]
        mov ax,[si+bp]
        mov eax,[es:a]
        mov eax,[word 5]
        a32 movsb
        a16 movsb
        call [a]
        jmp [a]
        jmp far [a]
        jmp word far [a]
        imul eax,5
        imul eax,ebx,500
        imul eax,[a],5
        aam
        lar eax,ebx
        lar eax,bx
        lar ax,bx
        nop
        int 3
        int3
        in al,60h
        pushfw
        iretw
        retw
        retf
fwd equ 5
        jmp 8:a
        jmp word 8:a
        call dword 8:a
        push es
        enter 16,1
        leave
        o16 leave
        smsw ax
        smsw eax
        sldt eax
        str [a]
        lldt ax
        lldt [a]
        arpl ax,bx
        bt eax,5
        bt [a],eax
        bt dword [a],5
        cmp eax,'ab'
        mov al,'a'
fwd2 equ 0x1000
        jz near a
        jmp near a
        jmp b
        times 120 nop
b:
        jmp b2
        times 128 nop
b2:
