; Encodings in 64-bit code.
bits 16
        mov eax,[es:ebx]
        lock add [es:ebx],eax
        rep movsd
        a32 rep es movsd
        o32 jmp short $
        a32 o32 push fs
bits 64
a: mov eax,[a]
        mov al,[a]
        mov al,[qword a]
        mov eax,[0x10]
        mov eax,[dword 0x10]
        mov eax,[dword a]
        mov eax,[abs qword a]
        mov [fs:rax],r9
        xchg r8,rax
        xchg r8d,eax
        bswap r9
        iretq
        iret
        sysret
        o64 sysret
        sysexit
        retfq
        retf
        ret
        retq
        enter 1,1
        leave
        pushf
        pushfq
        popfq
        popfw
        cmpxchg16b [rax]
        cmpxchg16b oword [rax]
        cmpxchg8b [rax]
        lgdt [a]
        sgdt [rel a]
        swapgs
        mov ds,rax
        mov rax,ds
        mov [rax],ds
        mov qword [rax],ds
        str rax
        imul rax,500
        lodsq
        mov [rax],r8b
        mov rax,[rax+0x80000000-0x100000000]
        mov rax,[rax+0x7fffffff]
        mov eax,[a+rax]
        mov eax,[a+rax*4]
        o16 jmp a
        mov word [rax],-1
        nop dword [rax]
        lar rax,bx
        lea eax,[rax]
        lea ax,[eax]
        lea rax,[eax]
        jmp qword a
        mov rax,'abcdefgh'
        push qword 0x12345678
        push dword 5
        mov rbx,[rbp+rax]
        mov rbx,[r13+r12]
        mov rbx,[r12+r13*1]
        mov rbx,[rax*1+rbp]
        mov rbx,[rbp*1+rax]
        mov rbx,[rax+rax]
        mov rbx,[rax+rax*2]
        mov rbx,[rbp+rbp*1]
        mov rbx,[2*rax+rcx+5]
        mov rbx,[rcx+rax*8-5]
        mov rbx,[rax*9]
        mov rbx,[rax*1]
        mov rbx,[r8*4+r9+3]
        mov rbx,[rsp+8]
        mov rbx,[rsp*1+rax]
        mov rbx,[rax+rsp*1]
        mov rbx,[byte rax]
        mov rbx,[byte rax+0]
        mov rbx,[dword rax]
        mov rbx,[rbx*2+5]
        mov rbx,[rbx*4]
        int3
        ud0 eax,ebx
        ud1 eax,ebx
        in al,dx
        test [a],al
        jmp $
        jmp $$
        loop $
