"""Texts of the part of the Train page that makes a set larger."""

ENGLISH = {
    "larger": "Make this set larger",
    "larger_note": "A model generates new neighbours of each of your images, sorted into the same classes (a "
    "class whose name the model knows is generated as such), for training something else with more images. What "
    "may be a copy of one of yours is left out. No training is needed first; a model fine-tuned on these images "
    "knows them best.",
    "larger_automatic": "Automatic: the model that knows these images best",
    "larger_per_picture": "New images of each",
    "larger_classes": "Use the classes",
    "larger_packed": "Save as",
    "larger_estimate": "{given} images × {each} = {count} new ones with “{title}”, about {time}",
    "larger_unknown": "No model here knows images like these; “{title}” comes closest. Fine-tune a model on them "
    "first, or expect similar colours and shapes at best.",
    "larger_embedding": "Looking at your images: {done} of {total}",
    "larger_drawing": "New images: {done} of {total}",
    "larger_ready": "{images} new images in {time}. Left out as possible copies: {copies}.",
    "larger_stopped": "Stopped: {images} new images of {done} of your {total}. Left out as possible copies: {copies}.",
    "larger_stopped_early": "Stopped before the first new image.",
    "larger_inside": "The manifest lists the recipe, class and distances of each image, and what was left out.",
    "larger_save": "Save the new images",
    "larger_save_manifest": "Save the manifest",
    "larger_yours": "yours",
    "larger_distance": "distance {distance:.2f}",
    "larger_left_out": "left out",
    "larger_alt": "New neighbour of {name}",
}

KOREAN = {
    "larger": "이 이미지 세트 늘리기",
    "larger_note": "모델이 이미지마다 새로운 이웃을 생성하여 같은 클래스로 분류합니다. 더 많은 이미지로 다른 "
    "모델을 학습할 때 사용하세요. 원본의 복사본일 수 있는 이미지는 제외합니다. 먼저 학습할 필요는 없지만, 이 "
    "이미지로 미세 조정한 모델이 이미지를 가장 잘 압니다.",
    "larger_automatic": "자동: 이 이미지를 가장 잘 아는 모델",
    "larger_per_picture": "이미지당 새 이미지 수",
    "larger_classes": "클래스 사용",
    "larger_packed": "저장 형식",
    "larger_estimate": "이미지 {given}개 × {each} = “{title}” 모델로 새 이미지 {count}개, 약 {time}",
    "larger_unknown": "여기에는 이런 이미지를 아는 모델이 없으며 “{title}” 모델이 가장 가깝습니다. 먼저 이 "
    "이미지로 모델을 미세 조정하세요. 그렇지 않으면 색과 형태 정도만 비슷할 수 있습니다.",
    "larger_embedding": "이미지 확인 중: {total}개 중 {done}개",
    "larger_drawing": "새 이미지: {total}개 중 {done}개",
    "larger_ready": "새 이미지 {images}개를 {time} 만에 생성했습니다. 복사본일 수 있는 {copies}개는 제외했습니다.",
    "larger_stopped": "중지했습니다. 이미지 {total}개 중 {done}개에 대해 새 이미지 {images}개를 생성했습니다. "
    "복사본일 수 있는 {copies}개는 제외했습니다.",
    "larger_stopped_early": "첫 이미지를 생성하기 전에 중지했습니다.",
    "larger_inside": "매니페스트에는 각 이미지의 레시피, 클래스, 거리와 제외한 이미지가 기록되어 있습니다.",
    "larger_save": "새 이미지 저장",
    "larger_save_manifest": "매니페스트 저장",
    "larger_yours": "내 이미지",
    "larger_distance": "거리 {distance:.2f}",
    "larger_left_out": "제외됨",
    "larger_alt": "{name}의 새 이웃",
}
