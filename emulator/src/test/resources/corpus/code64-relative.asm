; Encodings in 64-bit code, with addresses relative to RIP by default.
default rel
bits 64
a: mov rax,1
        mov rax,-1
        mov rax,0xffffffff
        mov rax,0x123456789
        mov rax,a
        mov eax,a
        mov rax,strict dword 1
        mov rax,strict qword 1
        mov rax, dword 1
        mov rax, qword 1
        mov qword [rax],1
        mov eax,[a]
        mov eax,[rel a]
        mov eax,[abs a]
        mov al,[a]
        mov eax,[fs:0x10]
        mov eax,[eax]
        mov rax,[rax*8]
        mov rax,[r12]
        mov rax,[r13]
        mov rax,[rsp]
        mov rax,[rsp+r12]
        mov rax,[r12*2+rbp]
        lea rax,[rel a]
        push 5
        push 500
        push qword 5
        push word 5
        push -1
        push rax
        push r8
        push word [rax]
        push qword [rax]
        push fs
        call [rax]
        call rax
        jmp rax
        jmp qword [rax]
        jmp [a]
        call far [rax]
        call qword far [rax]
        jmp dword far [rax]
        jmp word far [rax]
        add rax,0x7fffffff
        add rax,-129
        and rax,0xffffffff80000000
        cmp rax,255
        movsx rax,ebx
        movsxd rax,ebx
        movzx eax,byte [a]
        movsx rax,word [rax]
        mov spl,al
        mov ah,al
        mov cr8,rax
        mov rax,cr0
        mov rax,dr7
        xchg eax,eax
        xchg rax,rax
        xchg r8,rax
        xchg r8d,eax
        bswap r9
        in eax,dx
        iretq
        iret
        sysret
        o64 sysret
        sysexit
        retfq
        retf
        ret
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
        invlpg [rax]
        swapgs
        mov ds,rax
        mov rax,ds
        mov [rax],ds
        mov qword [rax],ds
        str rax
        test rax,5
        test al,5
        imul rax,rbx,5
        imul rax,500
        shl rax,5
        shld rax,rbx,cl
        inc rax
        dec dword [rax]
        movsq
        rep movsq
        lodsb
        mov [rax],r8b
        mov rax,[rax+0x80000000-0x100000000]
        mov rax,[rax+0x7fffffff]
        mov eax,[a+rax]
        mov eax,[a+rax*4]

        mov eax,[a]
        mov eax,[abs a]
        mov eax,[fs:a]
        mov eax,[a+rax]
        mov al,[a]
        mov [a],rax
        mov dword [a],5
        o16 jmp a
        mov eax,-1
        mov al,-1
        mov ax,0xffff
        mov word [rax],-1
        push qword [a]
        jmp near [a]
        pop qword [rax]
        pop rax
        nop dword [rax]
        ud2
        lar rax,bx
        lea eax,[rax]
        lea ax,[eax]
        lea rax,[eax]
