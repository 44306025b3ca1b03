"""Texts of the About page."""

ENGLISH = {
    "how_title": "How it works",
    "how_photo": "your photo",
    "how_encoder": "encoder",
    "how_encoder_note": "trained first, then frozen",
    "how_feature": "instance h",
    "how_feature_note": "one point on a sphere",
    "how_noise": "noise z",
    "how_noise_note": "the seed",
    "how_class": "class y",
    "how_class_note": "optional",
    "how_generator": "generator",
    "how_pictures": "new neighbours",
    "how_alt": "A photo becomes a point on a sphere; the generator turns the point, noise and an optional class into "
    "new images.",
    "how_text": "An encoder maps your photo to one point on a sphere, close to the points of similar photos. The "
    "generator was trained to generate, for every point, what the real photos around it look like: not a copy of your "
    "photo but its plausible neighbours. The noise decides what the point leaves open, and a class label can change "
    "what the images show while they keep the look of your photo. The method is Instance-Conditioned GAN (Casanova, "
    "Careil, Verbeek, Drozdzal and Romero Soriano, 2021), reimplemented for this project.",
    "model_title": "The model",
    "models_title": "All models",
    "settings_title": "Training settings",
    "learning_title": "How it learned",
    "learning_read": "Each column is one instance with one seed, generated again as training went on. The top row "
    "shows where it started; colours and layout come first, then outlines, and details last.",
    "learning_alt": "Images of the same instances at {count} moments of the training, the earliest in the top row.",
    "learning_step": "step {step:,}",
    "learning_images": "{images:,} images seen",
    "figures_title": "Measured figures",
    "figures_none": "No figures have been measured for this model yet.",
    "figures_read": "Measured on images generated at truncation 1. The thin line marks real photos, measured in the "
    "same way: closer to the line is better.",
    "figures_all": "All figures",
    "figure_unlabelled": "without a label",
    "figure_labelled": "with its label",
    "figure_photos": "real photos",
    "figure_fid": "FID",
    "figure_fid_meaning": "The usual distance between all generated images and all photos, in Inception features. "
    "Lower is better. It grows when there are few images, so compare it only for equal numbers of images.",
    "figure_frechet": "Fréchet distance",
    "figure_frechet_meaning": "The distance between all generated images and all photos, in features of a network "
    "that saw only photos like these. Lower is better. It says nothing about any single image.",
    "figure_precision": "Precision",
    "figure_precision_meaning": "The share of generated images that lie among the photos: are they plausible?",
    "figure_recall": "Recall",
    "figure_recall_meaning": "The share of photos that lie among the generated images: is nothing left out?",
    "figure_coverage": "Coverage",
    "figure_coverage_meaning": "The share of photos with a generated image nearby.",
    "figure_accuracy": "Class accuracy",
    "figure_accuracy_meaning": "How often a classifier of photos recognises the requested class.",
    "figure_cosine": "Similarity to the instance",
    "figure_cosine_meaning": "The mean cosine between an instance and its images, compared with that of its nearest "
    "real photos. Above the line, the model copies; below it, it strays.",
    "figure_spread": "Diversity within an instance",
    "figure_spread_meaning": "How far apart the images of one instance are, compared with its nearest real photos.",
    "data": "Data",
    "licence": "Licence",
    "resolution": "Resolution",
    "pixels": "{side} × {side} pixels",
    "classes": "Classes",
    "size": "Size",
    "encoder": "Encoder",
    "state": "State",
    "state_ready": "ready",
    "state_loading": "loading",
    "state_available": "on disk",
    "state_downloadable": "can be downloaded",
    "state_unavailable": "unusable",
    "privacy_title": "Your photos",
    "privacy": "Photos stay on the machine that runs this page and are deleted after an hour; the numbers that "
    "generate the same images again after a break stay for a day. A generated image keeps the gist of its instance, so "
    "it is not anonymous. Every image contains its recipe: model, seed and settings.",
}

KOREAN = {
    "how_title": "작동 원리",
    "how_photo": "내 사진",
    "how_encoder": "인코더",
    "how_encoder_note": "먼저 학습한 뒤 고정",
    "how_feature": "인스턴스 h",
    "how_feature_note": "구면 위의 한 점",
    "how_noise": "노이즈 z",
    "how_noise_note": "시드",
    "how_class": "클래스 y",
    "how_class_note": "선택 사항",
    "how_generator": "생성자",
    "how_pictures": "새로운 이웃",
    "how_alt": "사진이 구면 위의 한 점이 되고, 생성자가 그 점과 노이즈, 선택한 클래스로 새 이미지를 생성합니다.",
    "how_text": "인코더는 사진을 구면 위의 한 점으로 변환합니다. 비슷한 사진은 서로 가까운 점이 됩니다. 생성자는 각 "
    "점 주변의 실제 사진이 어떤 모습인지 학습했습니다. 그래서 사진을 복사하지 않고 있을 법한 이웃을 생성합니다. "
    "점으로 정해지지 않는 부분은 노이즈가 결정하고, 클래스를 선택하면 사진의 분위기를 유지하면서 다른 대상으로 "
    "바뀝니다. 방법은 Instance-Conditioned GAN(Casanova, Careil, Verbeek, Drozdzal, Romero Soriano, 2021)이며, 이 "
    "프로젝트에서 새로 구현했습니다.",
    "model_title": "모델",
    "models_title": "모든 모델",
    "settings_title": "학습 설정",
    "learning_title": "학습 과정",
    "learning_read": "한 열은 같은 인스턴스와 같은 시드로, 학습이 진행되는 동안 다시 생성한 이미지입니다. 맨 윗줄은 "
    "학습을 시작할 때의 모습입니다. 색과 배치가 먼저 나타나고 윤곽과 세부가 그 뒤를 따릅니다.",
    "learning_alt": "같은 인스턴스로 학습의 {count}개 시점에 생성한 이미지. 맨 윗줄이 가장 이른 시점입니다.",
    "learning_step": "스텝 {step:,}",
    "learning_images": "이미지 {images:,}장 학습",
    "figures_title": "측정 지표",
    "figures_none": "이 모델은 아직 측정한 지표가 없습니다.",
    "figures_read": "truncation 1로 생성한 이미지로 측정했습니다. 가는 선은 같은 방법으로 측정한 실제 사진의 값이며, "
    "선에 가까울수록 좋습니다.",
    "figures_all": "모든 지표",
    "figure_unlabelled": "라벨 없음",
    "figure_labelled": "라벨 있음",
    "figure_photos": "실제 사진",
    "figure_fid": "FID (프레셰 인셉션 거리)",
    "figure_fid_meaning": "생성 이미지 전체와 사진 전체 사이의 거리를 Inception 특징으로 측정하는 대표적인 "
    "지표입니다. 낮을수록 좋습니다. 이미지가 적으면 값이 커지므로 이미지 수가 같을 때만 비교하세요.",
    "figure_frechet": "프레셰 거리",
    "figure_frechet_meaning": "생성 이미지 전체와 사진 전체 사이의 거리를, 이런 사진만 학습한 신경망의 특징으로 "
    "측정한 값입니다. 낮을수록 좋습니다. 이미지 한 장의 품질을 뜻하지는 않습니다.",
    "figure_precision": "정밀도",
    "figure_precision_meaning": "생성 이미지 가운데 사진의 분포 안에 있는 비율입니다. 얼마나 그럴듯한지 나타냅니다.",
    "figure_recall": "재현율",
    "figure_recall_meaning": "사진 가운데 생성 이미지의 분포 안에 있는 비율입니다. 빠뜨린 것이 없는지 나타냅니다.",
    "figure_coverage": "커버리지",
    "figure_coverage_meaning": "가까이에 생성 이미지가 있는 사진의 비율입니다.",
    "figure_accuracy": "클래스 정확도",
    "figure_accuracy_meaning": "사진 분류기가 요청한 클래스를 알아본 비율입니다.",
    "figure_cosine": "인스턴스와의 유사도",
    "figure_cosine_meaning": "인스턴스와 생성 이미지의 평균 코사인 유사도를 가장 가까운 실제 사진의 값과 비교합니다. "
    "선보다 높으면 복사에 가깝고, 낮으면 벗어난 것입니다.",
    "figure_spread": "인스턴스 내 다양성",
    "figure_spread_meaning": "한 인스턴스의 이미지들이 서로 얼마나 다른지 가장 가까운 실제 사진들과 비교합니다.",
    "data": "데이터",
    "licence": "라이선스",
    "resolution": "해상도",
    "pixels": "{side} × {side} 픽셀",
    "classes": "클래스",
    "size": "크기",
    "encoder": "인코더",
    "state": "상태",
    "state_ready": "준비됨",
    "state_loading": "불러오는 중",
    "state_available": "디스크에 있음",
    "state_downloadable": "내려받을 수 있음",
    "state_unavailable": "사용할 수 없음",
    "privacy_title": "내 사진의 처리",
    "privacy": "사진은 이 페이지를 실행하는 컴퓨터에만 저장되고 한 시간 뒤에 삭제됩니다. 쉬었다 "
    "돌아와도 같은 이미지를 다시 생성할 수 있게 하는 숫자만 하루 동안 남습니다. 생성 이미지에는 인스턴스의 "
    "특징이 남으므로 익명이 아닙니다. 모든 이미지에는 모델, 시드, 설정을 담은 레시피가 들어 있습니다.",
}
