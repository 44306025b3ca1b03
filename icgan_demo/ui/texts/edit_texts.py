"""Texts of the Edit page."""

ENGLISH = {
    "tab_edit": "Edit",
    "edit_note": "Drop a photo: the model looks for the noise, and a small move of the instance, that redraw it best. "
    "Then change the redrawing with the sliders.",
    "edit_photo": "Photo",
    "edit_start": "Redraw the photo",
    "edit_ready": "The photo waits. Redrawing it takes about ten seconds.",
    "edit_round": "Round {done} of {total}",
    "edit_done": "Distance from {first:.2f} (the best of 16 seeds) to {distance:.2f}, in {seconds:.0f} s.",
    "edit_own": "the photo",
    "edit_found": "redrawn · distance {distance:.2f}",
    "edit_edited": "edited",
    "edit_near": "This is near: layout, shapes and colours follow the photo. Fine details are the model’s own.",
    "edit_usual": "Shapes and colours follow the photo; details do not: the model cannot draw just these.",
    "edit_far": "This is far: nine in ten photos of its own kind are redrawn more nearly. Colours follow.",
    "edit_change": "Change it",
    "edit_class": "Another class",
    "edit_instance": "Instance",
    "edit_instance_info": "0 as found · 1 the photo’s own instance",
    "edit_noise": "Noise",
    "edit_noise_info": "0 as found · 1 that of the seed",
}

KOREAN = {
    "tab_edit": "편집",
    "edit_note": "사진을 끌어다 놓으면 모델이 그 사진을 가장 비슷하게 다시 그리는 노이즈와 "
    "인스턴스의 작은 이동을 찾습니다. 그다음 슬라이더로 바꿔 보세요.",
    "edit_photo": "사진",
    "edit_start": "사진 다시 그리기",
    "edit_ready": "사진이 준비되었습니다. 다시 그리는 데 10초쯤 걸립니다.",
    "edit_round": "{total}라운드 중 {done}",
    "edit_done": "거리 {first:.2f}(시드 16개 중 최선) → {distance:.2f}, {seconds:.0f}초.",
    "edit_own": "사진",
    "edit_found": "다시 그림 · 거리 {distance:.2f}",
    "edit_edited": "편집됨",
    "edit_near": "가깝습니다. 배치와 모양과 색은 사진을 따르고, 세부는 모델이 그린 것입니다.",
    "edit_usual": "모양과 색은 사진을 따르지만 세부는 다릅니다. 모델이 그대로 그릴 수 없는 부분입니다.",
    "edit_far": "멉니다. 모델은 자기 분야의 사진 열 장 중 아홉 장을 이보다 가깝게 그립니다. 색만 사진을 따릅니다.",
    "edit_change": "바꾸기",
    "edit_class": "다른 클래스",
    "edit_instance": "인스턴스",
    "edit_instance_info": "0 찾은 그대로 · 1 사진의 원래 인스턴스",
    "edit_noise": "노이즈",
    "edit_noise_info": "0 찾은 그대로 · 1 시드의 노이즈",
}
