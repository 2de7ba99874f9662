; Encodings in 16-bit code.
bits 16
org 0x7c00
a: mov ds,eax
        mov ds,ax
        mov eax,ds
        mov ax,ds
        push dword 5
        push word 5
        push 5
        push 0xffff
        push word 0xffff
        push dword 0x12345
        mov eax,[0x10]
        mov eax,[ebx]
        mov eax,[a]
        mov [a],ax
        mov al,[a]
        mov al,[es:a]
        mov ax,[bx+a]
        mov ax,[bp]
        mov ax,[bp+si]
        mov ax,[bx-1]
        lgdt [a]
        o32 lgdt [a]
        jmp dword 8:a
        jmp 8:a
        jmp 0:a
        call dword a
        a32 movsb
        o32 ret
        retd
        retfd
        iretd
        pushfd
        pushad
        pusha
        jmp word a
        call a
        jecxz a
        jcxz a
        loop a,ecx
        add ax,-1
        add word [bx],0x7f
        add word [bx],0x80
        add word [bx],byte 5
        add bx,0xff80
        add eax,0xffffff80
        mov byte [bx],'a'
        mov word [bx],a
        mov ax,a
        cmp ax,a
        add ax,a-a+5
        mov ax,[dword a]
        mov ax,[ebx+a]
        int 10h
        out 0x3f8 & 0xff,al
        in ax,0x10
        lds ax,[bx]
        bound ax,[bx]
        mov eax,cr0
        or al,1
        or eax,1
        xor ax,ax
        mov cx,[si+bx]
        mov cx,[di+bp+4]
        imul ax,bx,5
        call far [bx]
        call dword far [bx]
        jmp [bx]
        jmp dword [bx]
        jmp eax
        push eax
        pop dword [bx]
        movzx ax,[bx]
        movzx eax,byte [bx]
        movzx eax,bx
        sidt [bx]
        smsw ax
        lmsw ax
        out dx,eax
        rep stosd
        es movsb
        es rep movsb
        rep es movsb
        lock inc word [bx]
        times 510-($-$$) db 0
        dw 0xaa55
