; What bench --web steps through, seeks in and stops at: calls, memory and registers, without an end. A round takes 14 steps or 15.
        bits 32
        org 0x1000
start:  mov esp, 0x80000
        mov edi, 0x100000
        xor ebx, ebx
        xor ecx, ecx
round:  mov eax, ebx
        call mixture
        mov [edi+ebx*4], eax
        inc ebx
        and ebx, 0x3fff         ; 64 KiB are written, again and again
        inc ecx
        cmp ecx, ROUNDS
        jne round
seldom: inc edx
        jmp round
mixture:
        push ecx
        imul eax, ecx, 31
        rol eax, 3
        add eax, [edi+ebx*4]
        xor eax, ecx
        pop ecx
        ret
